"""`python -m hub.settings`: puts the table of settings into the runbook."""

from pathlib import Path

from .environment import runbook_table

RUNBOOK = Path(__file__).resolve().parents[2] / "deploy" / "README.md"
START = "<!-- settings: made by `python -m hub.settings` -->\n"
END = "<!-- end of settings -->"


def with_table(runbook: str) -> str:
    """The runbook with the present table."""
    before, rest = runbook.split(START)
    return f"{before}{START}{runbook_table()}{END}{rest.split(END, 1)[1]}"


if __name__ == "__main__":
    RUNBOOK.write_text(with_table(RUNBOOK.read_text()))
