"""Small tables in the form of adult and compas."""

import numpy as np
import pandas as pd


def write_adult(data_dir, rows=200, **columns):
    """`tables/adult.csv` with random people, as it is mostly handed on; returns its frame."""
    rng = np.random.default_rng(0)
    sex = rng.choice(["Female", "Male"], rows)
    hours = rng.integers(20, 60, rows)
    rich = hours + 10 * (sex == "Male") + rng.normal(0, 5, rows) > 45
    frame = pd.DataFrame(
        {
            "age": rng.integers(17, 90, rows),
            "workclass": rng.choice(["Private", "State-gov", "?"], rows),
            "fnlwgt": rng.integers(10_000, 300_000, rows),
            "education": rng.choice(["9th", "10th", "HS-grad", "Some-college", "Masters"], rows),
            "educational-num": rng.integers(1, 17, rows),
            "marital-status": rng.choice(["Widowed", "Divorced", "Married-civ-spouse"], rows),
            "occupation": rng.choice(["Sales", "Prof-specialty", "?"], rows),
            "relationship": rng.choice(["Wife", "Husband", "Unmarried"], rows),
            "race": rng.choice(["Black", "White", "Other"], rows),
            "gender": sex,
            "capital-gain": rng.integers(0, 3, rows) * 1000,
            "capital-loss": rng.integers(0, 3, rows) * 100,
            "hours-per-week": hours,
            "native-country": rng.choice(["United-States", "Cuba", "?"], rows),
            "income": np.where(rich, ">50K", "<=50K"),
        }
    ).assign(**columns)
    return _written(frame, data_dir, "adult")


def write_compas(data_dir, rows=200, **columns):
    """`tables/compas.csv` with random people, of whom some do not count; returns its frame."""
    rng = np.random.default_rng(1)
    again = rng.integers(0, 2, rows)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["Female", "Male"], rows),
            "age": rng.integers(18, 80, rows),
            "age_cat": rng.choice(["Less than 25", "25 - 45", "Greater than 45"], rows),
            "race": rng.choice(["Caucasian", "African-American", "Other"], rows),
            "juv_fel_count": 0,
            "priors_count": rng.poisson(2, rows),
            "c_charge_degree": rng.choice(["F", "M", "O"], rows, p=[0.5, 0.4, 0.1]),
            "days_b_screening_arrest": rng.choice([-1.0, 0.0, 30.0, -30.0, 31.0, np.nan], rows),
            "decile_score": rng.integers(1, 11, rows),
            "is_recid": np.where(rng.random(rows) < 0.05, -1, again),
            "two_year_recid": again,
        }
    ).assign(**columns)
    return _written(frame, data_dir, "compas")


def _written(frame, data_dir, name):
    path = data_dir / "tables" / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    frame.to_csv(path, index=False)
    return frame
