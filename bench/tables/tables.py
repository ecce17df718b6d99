"""What bench/tables compares with: scikit-learn on the rows of all trainers together.

Reads questions and writes answers, each one JSON object per line. Tables are written raw, as
pandas writes what the packages hold, and read from CSV files again, so that both sides see
the same cells.
"""
import json
import sys
import warnings

import pandas as pd
import palmerpenguins
from sklearn import datasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")

LOADERS = {
    "iris": lambda: datasets.load_iris(as_frame=True).frame,
    "wine": lambda: datasets.load_wine(as_frame=True).frame,
    "breast_cancer": lambda: datasets.load_breast_cancer(as_frame=True).frame,
    "digits": lambda: datasets.load_digits(as_frame=True).frame,
    "diabetes": lambda: datasets.load_diabetes(as_frame=True, scaled=False).frame,
    "penguins": palmerpenguins.load_penguins,
}


def pipeline(regression):
    """Numbers are imputed and standardised, categories are one-hot. All settings are the
    defaults, except that the solver has enough iterations to converge."""
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(columns, Ridge() if regression else LogisticRegression(max_iter=10000))


def score(q):
    """The accuracy, or R2 of a regression, on rows that were not trained on."""
    rows, held = (pd.concat([pd.read_csv(path) for path in q[key]]) for key in ("rows", "held"))
    label = q["label"]
    model = pipeline(q["regression"]).fit(rows.drop(columns=label), rows[label])
    return {"score": float(model.score(held.drop(columns=label), held[label]))}


def main():
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        q = json.loads(line)
        answer = {}
        if q["ask"] == "write":
            LOADERS[q["set"]]().to_csv(q["path"], index=False)
        elif q["ask"] == "score":
            answer = score(q)
        print(json.dumps(answer), flush=True)


main()
