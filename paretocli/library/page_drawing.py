"""The page of run directories, and what is said of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from paretocli.library.drawing import Better, Drawn, failed

if TYPE_CHECKING:
    from collections.abc import Sequence


def draw_page(
    paths: "Sequence[Path]",
    columns: list[str] | None,
    split: str,
    better: Better,
    page: Path,
    title: str | None = None,
    reload: int | None = None,
) -> Drawn:
    """Write an interactive page of all columns; say what it shows first.

    Where `reload` gives seconds, the page reloads itself after so many.
    """
    from paretocli.front.measured_alike import without_measured_otherwise
    from paretocli.front.results import read_results
    from paretocli.library.page_content import content_of
    from paretocli.plots.page_data import gather_page
    from paretocli.plots.page_file import check_page, save_page

    check_page(page)
    results, unlike = without_measured_otherwise(list(map(read_results, paths)), columns or ())
    data = gather_page(
        results,
        split,
        columns=columns,
        minimise=better.lower,
        maximise=better.higher,
        title=title,
        further=[content_of(result) for result in results],
        reload=reload,
    )
    save_page(data, page)
    hints = [unlike] if unlike else []
    for series in data["series"]:
        if series["note"]:
            hints.append(f"{series['name']}: {series['note']}")
        hints += failed(series["name"], series["failed"])
        if series["not_judged"]:
            points = ", ".join(map(str, series["not_judged"]))
            hints.append(
                f"{series['name']}: not judged for want of finite {data['dominance']}: {points}."
            )
    inputs = [
        {
            "name": series["name"],
            "path": str(result.path),
            "points": len(series["points"]),
            "front_points": series["on_front"].count(True),
            "failed_points": series["failed"],
            "not_judged_points": series["not_judged"],
        }
        for series, result in zip(data["series"], results, strict=True)
    ]
    report = {"page": str(page), "columns": [data["x"], data["y"]], "inputs": inputs}
    return Drawn(report, hints)
