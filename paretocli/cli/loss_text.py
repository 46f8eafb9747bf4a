"""What is said of losses below a table of points, and of auxiliary ones in a plan."""

from collections.abc import Mapping, Sequence

from paretocli.run_directory.point_record import PointRecord


def below_ideal_text(records: Sequence[PointRecord]) -> list[str]:
    """A line on the objectives that fell below their ideal, where any did."""
    below = dict.fromkeys(name for record in records for name in record.get("below_ideal", ()))
    if not below:
        return []
    return [
        f"No gap is claimed where the training loss of {' or '.join(below)} fell below its "
        "ideal: give a lower --ideal or lower_bound."
    ]


def auxiliary_text(coefficients: Mapping[str, float], records: Sequence[PointRecord]) -> list[str]:
    """A line on each auxiliary loss: what it came to at the points.

    Args:
        coefficients: What it counted in training, by name.
        records: Of the points; those that failed have no values.
    """
    lines = []
    for name, coefficient in coefficients.items():
        found = [record.get("auxiliary", {}).get(name) for record in records]
        known = [value for value in found if value is not None]
        if known:
            low, high = f"{min(known):.4g}", f"{max(known):.4g}"
            values = low if low == high else f"{low} to {high}"
            lines.append(
                f"Auxiliary loss {name} on the training data: {values} "
                f"(trained on, times {coefficient:g})"
            )
    return lines


def auxiliary_plan(coefficients: Mapping[str, float]) -> dict[str, str]:
    """A line on the auxiliary losses of a sweep, where there are any."""
    words = [f"{name} times {coefficient:g}" for name, coefficient in coefficients.items()]
    return {"auxiliary": ", ".join(words)} if words else {}
