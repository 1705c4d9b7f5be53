# One image for all services; the command picks one: `python -m services.trigger`, `headrace doctor`, …

FROM python:3.11-slim-bookworm AS builder
# A compiler for durable-rules, which comes as source only. Some images have their Python, but not its headers.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null \
 && { [ -f "$(python -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ] \
      || apt-get install -y -qq --no-install-recommends python3-dev >/dev/null; }
WORKDIR /src
RUN python -m venv /build && python -m venv --without-pip /opt/headrace
COPY requirements-build.lock requirements-runtime.lock ./
# The hashes are held against what is fetched; what comes out of it are wheels, installed without a compiler.
RUN /build/bin/pip install --quiet --require-hashes -r requirements-build.lock \
 && /build/bin/pip wheel --quiet --require-hashes --no-build-isolation -r requirements-runtime.lock --wheel-dir /wheels \
 && /build/bin/pip --python /opt/headrace/bin/python install --quiet --no-index --no-deps --no-compile /wheels/*.whl
COPY pyproject.toml README.md LICENSE ./
COPY examples examples
COPY common common
COPY services services
RUN /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /own . \
 && /build/bin/pip --python /opt/headrace/bin/python install --quiet --no-index --no-deps --no-compile /own/*.whl \
 && /opt/headrace/bin/python -m compileall -q -j 0 /opt/headrace/lib

FROM python:3.11-slim-bookworm
# The first process of a container gets no signal that it does not ask for, and has to bury orphans: tini's work.
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends tini >/dev/null && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data headrace \
 && install -d -o headrace -g headrace -m 700 /data
COPY --from=builder /opt/headrace /opt/headrace
COPY deploy/image/ready /usr/local/bin/ready
ENV PATH=/opt/headrace/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HEADRACE_ENVIRONMENT=production \
    HEADRACE_HOST=0.0.0.0 \
    HEADRACE_PORT=8080 \
    HEADRACE_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["tini", "--"]
CMD ["headrace", "--help"]
