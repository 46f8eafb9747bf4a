"""Packages that only some commands need, and what to install where they are missing."""

from importlib import import_module

from paretocli.errors import InputError


def require(module: str, *, extra: str, asked: str) -> None:
    """Refuse where a package of an extra is not installed.

    Args:
        module: What of it is imported.
        extra: The extra of this package that brings it.
        asked: What the user asked for.

    Raises:
        InputError: It is not there.
    """
    try:
        import_module(module)
    except ImportError:
        package = module.rpartition(".")[2]
        raise InputError(
            f"{asked} needs {package}; run pip install 'paretocli[{extra}]'."
        ) from None
