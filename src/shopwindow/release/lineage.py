"""Where a release comes from: the version of this code and of the libraries that made it."""

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Final

import shopwindow

LIBRARIES: Final = (
    "faiss-cpu",
    "lightning",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "pyarrow",
    "torch",
)


def code_version() -> str:
    """The package's version and a hash of its sources: it tells two states of the code apart without git."""
    root = Path(shopwindow.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return f"{shopwindow.__version__}+{digest.hexdigest()[:12]}"


def library_versions() -> dict[str, str]:
    """Installed versions of what takes part in making a release."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions
