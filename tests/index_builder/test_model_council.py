"""The model council: sound, publishable, and keeping its promises."""

from __future__ import annotations

from pathlib import Path

from bot import index as disk
from index_builder.knowledge import read_knowledge
from index_builder.parse import parse
from index_builder.validate import validate

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
MODEL = read_knowledge(KNOWLEDGE, "model")


def test_it_is_published_with_every_promise_kept(model_index: Path) -> None:
    name = disk.current(model_index / "model")
    assert name is not None
    manifest = disk.read_manifest(model_index / "model" / name)
    assert manifest["rehearsal"]["questions"] == len(MODEL.questions)
    assert sum(question.promised for question in MODEL.questions) >= 30


def test_every_section_heading_has_three_questions_or_more() -> None:
    parsed, problems = parse(MODEL)
    assert problems == ()
    assert validate(KNOWLEDGE, MODEL, parsed) == ()
    headings = {section.number: section.path for section in parsed.sections}
    asked: dict[tuple[str, ...], int] = dict.fromkeys(headings.values(), 0)
    for question in MODEL.questions:
        for path in {headings[number] for number in question.sections}:
            asked[path] += 1
    assert {path: count for path, count in asked.items() if count < 3} == {}


def test_each_referral_has_a_person_and_those_of_conduct_a_clause(model_index: Path) -> None:
    roles = {contact.role for contact in MODEL.council.contacts}
    assert {referral.role for referral in MODEL.policy.referrals} <= roles
    name = disk.current(model_index / "model")
    revision = disk.load(model_index, "model", str(name)).revision
    clauses = {referral.topic: referral.section for referral in revision.policy.referrals}
    assert clauses["live-dispute"] is not None
    assert set(MODEL.policy.not_covered_roles) <= roles
