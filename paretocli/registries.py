"""Things by name: this program's own, and those that installed packages offer."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from importlib import metadata
from typing import Generic, TypeVar

from paretocli.errors import InputError

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """What there is of a kind, the program's own first; installed packages add to it.

    What a package offers is loaded when it is asked for. A name of the program's own stays its own.

    Args:
        own: The program's own, by name.
        kind: What the entries are, in the singular ("solver"); packages offer theirs as entry
            points of the group `paretocli.<kind>s`.
        form: The class that each entry is one of.
    """

    def __init__(self, own: Mapping[str, T], kind: str, form: type[T]) -> None:
        self.own = own
        self.kind = kind
        self.form = form
        self._loaded: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        """The entry of a name.

        Raises:
            KeyError: There is none.
            InputError: A package offers one that cannot be loaded, or that is none.
        """
        if name in self.own:
            return self.own[name]
        if name not in self._loaded:
            self._loaded[name] = self._load(self._offered[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self.own, *self._offered))

    def __len__(self) -> int:
        return len(self.own) + len(self._offered)

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self._offered  # without loading it

    @property
    def sound(self) -> dict[str, T]:
        """All entries but those of packages that cannot be loaded."""
        found = dict(self.own)
        for name in self._offered:
            try:
                found[name] = self[name]
            except InputError:
                continue
        return found

    @cached_property
    def _offered(self) -> dict[str, metadata.EntryPoint]:
        points = metadata.entry_points(group=f"paretocli.{self.kind}s")
        return {point.name: point for point in points if point.name not in self.own}

    def _load(self, point: metadata.EntryPoint) -> T:
        package = point.dist.name if point.dist else "the package that offers it"
        try:
            found = point.load()
        except Exception as error:
            first_line = (str(error).strip().splitlines() or ["(no message)"])[0]
            raise InputError(
                f"Loading the {self.kind} {point.name} of {package} failed with "
                f"{type(error).__name__}: {first_line}; update or reinstall {package}."
            ) from error
        if not isinstance(found, self.form):
            raise InputError(
                f"{point.value}, which {package} offers as the {self.kind} {point.name}, is of "
                f"type {type(found).__name__}, and {self.form.__name__} was expected; update "
                f"{package}."
            )
        return found


def lookup(known: Mapping[str, T], name: str, kind: str) -> T:
    """The entry called `name`; an unknown name is an InputError that lists the known ones.

    Args:
        known: Entries by name.
        name: What the user asked for.
        kind: What the entries are, in the singular ("solver").
    """
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}? Known are" if close else "choose one of"
    raise InputError(f"There is no {kind} named {name!r}; {hint} {', '.join(known)}.")


def enumerated(names: Sequence[str], last: str = "or") -> str:
    """Names as a sentence lists them."""
    *others, final = names
    return f"{', '.join(others)} {last} {final}" if others else final


def described(entries: Mapping[str, str]) -> list[str]:
    """Names with what each is, in brackets, where that is said."""
    return [f"{name} ({summary})" if summary else name for name, summary in entries.items()]
