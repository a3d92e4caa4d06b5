"""Tests that cannot run here are left out, and the summary says so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = """
import pytest
@pytest.mark.outside_data
def test_a(): pass
@pytest.mark.campaign
def test_b(): pass
def test_c(): pass
"""


@pytest.mark.parametrize(
    ("data", "arguments", "counts", "lines"),
    [
        ("", [], "1 passed, 2 deselected", ["CASEWARD_DATA", "-m campaign"]),
        ("/tmp", [], "2 passed, 1 deselected", ["-m campaign"]),
        ("/tmp", ["-m", "campaign"], "1 passed, 2 deselected", []),
    ],
)
def test_left_out_tests_are_named(tmp_path, data, arguments, counts, lines):
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    options = ["-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", "--rootdir", tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments, tmp_path],
        cwd=ROOT,
        env=os.environ | {"CASEWARD_DATA": data},
        capture_output=True,
        text=True,
    )
    output = done.stdout.splitlines()
    assert counts in output[-1], done.stdout + done.stderr
    said = [line for line in output if "tests left out" in line]
    assert len(said) == len(lines)
    for line, word in zip(said, lines, strict=True):
        assert word in line
