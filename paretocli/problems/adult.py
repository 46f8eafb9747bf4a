"""`adult`: an income of more than 50,000 dollars in the US census of 1994, alike for both sexes."""

from pathlib import Path

from paretocli.core.problem import Problem
from paretocli.problems.fair_table import fair_table
from paretocli.problems.known_table import read_known

LABEL, GROUP = "income", "sex"
NUMERIC = ("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week")
CATEGORIES = (
    "workclass",
    "education",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "native_country",
)
ALSO = {"gender": GROUP, "educational_num": "education_num", "class": LABEL}

MOST_COMMON = {
    "workclass": "Private",
    "occupation": "Prof-specialty",
    "native_country": "United-States",
}
SCHOOL_LEFT = ("Preschool", "1st-4th", "5th-6th", "7th-8th", "9th", "10th", "11th", "12th")
HIGHER = ("Assoc-voc", "Assoc-acdm", "Prof-school", "Some-college")
MARRIED = ("Married-civ-spouse", "Married-AF-spouse")
ALONE = ("Never-married", "Divorced", "Separated", "Widowed", "Married-spouse-absent")
MERGED = {
    "education": dict.fromkeys(SCHOOL_LEFT, "school left") | dict.fromkeys(HIGHER, "higher"),
    "marital_status": dict.fromkeys(MARRIED, "married") | dict.fromkeys(ALONE, "not married"),
}


def make(data_dir: Path) -> Problem:
    """Census income, from `tables/adult.csv` in the data directory.

    Missing categories are the most common one, 16 of education become six and seven of marital
    status two, which gives 88 inputs of the usual 48,842 rows; the sex is none of them.

    Kohavi, *Scaling Up the Accuracy of Naive-Bayes Classifiers*, KDD 1996. Splits, encoding,
    network and losses as in `paretocli.problems.fair_table`.

    Args:
        data_dir: The folder that holds `tables/adult.csv`.

    Raises:
        InputError: It is not there, or not that table.
    """
    frame, path = read_known("adult", data_dir, (*NUMERIC, *CATEGORIES, GROUP, LABEL), also=ALSO)
    frame = frame.assign(
        **{name: frame[name].fillna(common) for name, common in MOST_COMMON.items()},
        **{name: frame[name].replace(merged) for name, merged in MERGED.items()},
        # Copies that were two files have a dot after the labels of the second.
        **{LABEL: frame[LABEL].str.rstrip(".")},
    )
    return fair_table(
        frame,
        "adult",
        path,
        label=LABEL,
        group=GROUP,
        numeric=NUMERIC,
        preparation=preparation(),
    )


def preparation() -> list[str]:
    """What was done to the categories, a sentence each."""
    common = ", ".join(f"{name} {word}" for name, word in MOST_COMMON.items())
    merged = (
        f"In {name} {', '.join(one for one, into in words.items() if into == word)} became {word}."
        for name, words in MERGED.items()
        for word in dict.fromkeys(words.values())
    )
    return [f"Missing categories became the most common one: {common}.", *merged]
