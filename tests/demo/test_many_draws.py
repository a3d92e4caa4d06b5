"""Values drawn anew many times over: what one draw lets through by luck, another one shows."""

from __future__ import annotations

import json
import random
import secrets
from functools import lru_cache

import pytest

from hub.demo.cases import build_demo_cases
from hub.demo.planting import plant
from hub.demo.scanning import Scanner
from redaction import Analysis, load_pack, redact, second_look
from redaction.engine import analyse_many

KEY = secrets.token_bytes(32)
AT_ONCE = 16


@lru_cache(maxsize=1)
def pack():
    return load_pack("partner")


def let_through(seed, most=None):
    """What of one draw a partner would read, and how many of its cases are withheld from him."""
    planter = plant(seed)
    cases = build_demo_cases(planter)
    if most is not None:
        cases = random.Random(seed).sample(cases, most)
    leaked, withheld = [], []
    for first in range(0, len(cases), AT_ONCE):
        some = cases[first : first + AT_ONCE]
        for case, analysis in zip(some, analyse_many(some), strict=True):
            slug = case["source_id"]
            assert isinstance(analysis, Analysis), slug
            redacted = redact(case, analysis.findings, pack(), key=KEY, subject=slug)
            if not second_look(case, redacted, analysis.findings, deep=False).is_clean:
                withheld.append(slug)
                continue
            scanner = Scanner([planted for planted in planter.planted if planted.case_slug == slug])
            for leak in scanner.scan(json.dumps(redacted.document, ensure_ascii=False), slug):
                leaked.append((slug, leak.planted.category, leak.planted.form, leak.planted.path))
    return leaked, withheld


def look_at(seeds, most=None):
    for seed in seeds:
        leaked, withheld = let_through(seed, most)
        print(f"seed {seed}: {len(withheld)} withheld {withheld}")
        assert leaked == [], f"seed {seed}"
        assert len(withheld) <= 3, f"seed {seed}: what is withheld teaches nobody"


def test_a_fresh_draw_lets_nothing_through():
    look_at([secrets.randbits(32)], most=12)


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_a_hundred_draws_let_nothing_through():
    look_at(secrets.randbits(32) for _ in range(100))
