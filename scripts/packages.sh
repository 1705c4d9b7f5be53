# Debian packages, for the scripts beside this one: install PACKAGE… and say so, or answer 1 where we may not.

say() { printf '%s\n' "headrace: $*" >&2; }

install_packages() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        return 1
    fi
    say "installing $*"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
