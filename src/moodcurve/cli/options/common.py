"""Options of any command: JSON, CSV for spreadsheets, and seeds."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.parameters import Option

JsonOption = Annotated[
    Path | None,
    Option("--json", metavar="FILE", implied="-", ending=".json", help="Print JSON, or write it to FILE."),
]
SafeCsvOption = Annotated[
    bool,
    Option("--safe-csv", help="In CSV, put an apostrophe before texts that a spreadsheet could take for formulas."),
]
SeedOption = Annotated[
    int, Option("--seed", metavar="N", min=0, help="Seed of splits, training and confidence intervals.")
]
