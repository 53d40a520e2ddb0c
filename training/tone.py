"""Train the tone reader: low-rank changes to the plain model's layers, and what tells a risky sentence over them.

usage: tone.py [--drafts FILE] [--epochs N] [--threads N] [--seed N] [--bf16]

It learns from labelled drafts (`training/tone/drafts.jsonl`) and from the examples of `knowledge/base/tone.yaml`, read
sentence by sentence in their context, as the bot reads them. One draft in twelve is kept back: how far the result is to
be believed is fitted on those.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer
from torch.nn import functional
from train import save_adapters

from bot.domain import Category
from bot.draft import sentences
from bot.tone_reader import CATEGORIES, windows
from index_builder.drafts import LabelledDraft, Marked, drafts_of, read_drafts
from index_builder.knowledge import read_base
from index_builder.model import DEFAULT_MODEL
from index_builder.model.adapt import TONE
from index_builder.model.export import load
from index_builder.model.source import folder_of
from index_builder.model.tone import ToneGraph, save_heads
from index_builder.progress import bar, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.tone_reader import Window

HERE = Path(__file__).parent
DRAFTS = HERE / "tone" / "drafts.jsonl"
RANK = 32
RATE, RATE_OF_HEADS = 4e-4, 1.5e-3  # with twice the first the adapters collapse: every sentence reads alike
BATCH = 32
SMOOTHING = 0.02
OF_SENTENCES, OF_CATEGORIES, OF_TOKENS = 0.5, 0.7, 1.0  # of the loss, beside the draft's
KEPT_BACK = 12  # one draft in so many
MIXED, SHOUTED = 0.2, 0.05  # drafts that get a fair sentence more, and fair ones with a sentence put in capitals
LONGEST_MIXED, SHORTEST_SHOUTED = 600, 12  # characters
ENOUGH_OF_SPAN, ENOUGH_WORDS = 0.5, 20  # what of a marked span, or how many characters, make a sentence risky


class Lesson(NamedTuple):
    """A window of a draft with what is true of it: of its sentences, (sentences, 13), and tokens, (tokens, 12).

    The last column of a sentence says whether it is risky at all.
    """

    window: Window
    truth: torch.Tensor
    risky: torch.Tensor


def kept_back(text: str) -> bool:
    """Whether a draft is kept back from training."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % KEPT_BACK == 0


def varied(draft: LabelledDraft, fair: Sequence[LabelledDraft], chance: random.Random) -> LabelledDraft:
    """A draft as it is, or with a fair sentence before or after it, or a fair one with a sentence in capitals."""
    drawn = chance.random()
    if drawn < MIXED and len(draft.text) < LONGEST_MIXED:
        other = chance.choice(fair).text
        own = sentences(other)
        place = chance.randrange(len(own))
        part = other[own[place].start : own[min(len(own) - 1, place + chance.randrange(2))].end]
        space = chance.choice((" ", "\n\n"))
        if chance.random() < MIXED * 2.5:
            return shifted(draft, part + space)
        return replace(draft, text=f"{draft.text}{space}{part}")
    if not draft.concern and drawn < MIXED + SHOUTED:
        return shouted(draft, chance)
    return draft


def shifted(draft: LabelledDraft, before: str) -> LabelledDraft:
    """A draft with a text in front of it."""
    marked = tuple(Marked(m.category, m.start + len(before), m.end + len(before)) for m in draft.marked)
    return replace(draft, text=before + draft.text, marked=marked)


def shouted(draft: LabelledDraft, chance: random.Random) -> LabelledDraft:
    """A fair draft with one sentence in capitals; as it is where none is long enough."""
    long = [sentence for sentence in sentences(draft.text) if sentence.end - sentence.start > SHORTEST_SHOUTED]
    if not long:
        return draft
    start, end = chance.choice(long)
    loud = draft.text[start:end].upper()
    if len(loud) != end - start:
        return draft
    text = draft.text[:start] + loud + draft.text[end:]
    return LabelledDraft(text, (Category.SHOUTING,), (Marked(Category.SHOUTING, start, end),))


def lessons(draft: LabelledDraft, tokenizer: Tokenizer) -> list[Lesson]:
    """A draft as the bot reads it, with what is true of each window."""
    own = sentences(draft.text)
    return [_lesson(window, draft, own) for window in windows(tokenizer, draft.text, own)]


def _lesson(window: Window, draft: LabelledDraft, own: Sequence[tuple[int, int]]) -> Lesson:
    truth = torch.zeros(len(window.numbers), len(CATEGORIES) + 1)
    risky = torch.zeros(len(window.ids), len(CATEGORIES))
    for mark in draft.marked:
        column = CATEGORIES.index(mark.category)
        for row, number in enumerate(window.numbers):
            start, end = own[number]
            shared = min(mark.end, end) - max(mark.start, start)
            enough = ENOUGH_OF_SPAN * min(mark.end - mark.start, end - start)
            if shared > 0 and (shared >= enough or shared > ENOUGH_WORDS):
                truth[row, column] = truth[row, -1] = 1
        inside = (window.sentence >= 0) & (window.places[:, 0] >= mark.start) & (window.places[:, 0] < mark.end)
        risky[torch.from_numpy(inside), column] = 1
    return Lesson(window, truth, risky)


class Student(torch.nn.Module):
    """The plain model with adapters in all its layers, and the heads of the tone graph over them."""

    def __init__(self) -> None:
        super().__init__()
        model = load(folder_of(DEFAULT_MODEL))
        transformer: Any = model[0]
        settings = LoraConfig(
            r=RANK,
            lora_alpha=2 * RANK,
            lora_dropout=0.1,
            target_modules=["query", "key", "value", "dense"],
            exclude_modules=["pooler.dense"],
        )
        self.tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.bert = get_peft_model(transformer.model, settings)
        self.graph = ToneGraph(self.bert.base_model.model)

    def loss(self, batch: Sequence[Lesson]) -> torch.Tensor:
        """What a batch gets wrong: whether there is risk, in which sentences, of which category, by which tokens."""
        tokens, rows = max(len(x.window.ids) for x in batch), max(len(x.window.numbers) for x in batch)
        ids, capitals = torch.zeros(len(batch), tokens, dtype=torch.int64), torch.zeros(len(batch), tokens)
        member = torch.zeros(len(batch), rows, tokens)
        truth, risky = (
            torch.zeros(len(batch), rows, len(CATEGORIES) + 1),
            torch.zeros(len(batch), tokens, len(CATEGORIES)),
        )
        padding = torch.ones(len(batch), tokens)
        for place, (window, told, marks) in enumerate(batch):
            long, high = len(window.ids), len(window.numbers)
            ids[place, :long], capitals[place, :long] = torch.from_numpy(window.ids), torch.from_numpy(window.capitals)
            member[place, :high, :long] = torch.from_numpy(window.membership())
            truth[place, :high], risky[place, :long], padding[place, :long] = told, marks, 0
        concern, categories, tokens_risky = self.graph.batch(ids, capitals, member, padding)
        there = member.any(dim=2)
        smooth = truth[..., -1] * (1 - 2 * SMOOTHING) + SMOOTHING
        each = functional.binary_cross_entropy_with_logits(concern, smooth, reduction="none")
        of_sentences = (each * there).sum() / len(batch) / 2
        positive = (truth[..., -1] > 0) & there
        true = truth[..., :-1] / truth[..., :-1].sum(-1, keepdim=True).clamp(min=1)
        named = -(functional.log_softmax(categories, dim=-1) * true).sum(-1)
        of_categories = (named * positive).sum() / positive.sum().clamp(min=1)
        inside = member.any(dim=1).float()
        by_token = functional.binary_cross_entropy_with_logits(tokens_risky, risky, reduction="none").sum(-1)
        of_tokens = (by_token * inside).sum() / inside.sum()
        most = concern.masked_fill(~there, -30).max(dim=1).values
        whole = functional.binary_cross_entropy_with_logits(most, smooth.masked_fill(~there, 0).max(dim=1).values)
        return whole + OF_SENTENCES * of_sentences + OF_CATEGORIES * of_categories + OF_TOKENS * of_tokens

    @torch.no_grad()
    def concern(self, draft: LabelledDraft) -> float:
        """The logit of a draft's riskiest sentence."""
        most = -30.0
        for window, _, _ in lessons(draft, self.tokenizer):
            given = (window.ids[None], window.capitals[None], window.membership())
            concern, _, _ = self.graph(*(torch.from_numpy(np.ascontiguousarray(part)) for part in given))
            most = max(most, float(concern.max()))
        return most


def train(
    student: Student, drafts: Sequence[LabelledDraft], epochs: int, chance: random.Random, *, bf16: bool = False
) -> None:
    """Show a Student every draft `epochs` times, some of them varied each time; `bf16` where the processor has it."""
    student.train()
    fair = [draft for draft in drafts if not draft.concern]
    adapters = [weight for weight in student.bert.parameters() if weight.requires_grad]
    known = set(map(id, adapters))
    heads = [weight for weight in student.graph.heads() if id(weight) not in known]
    optimiser = torch.optim.AdamW([{"params": adapters}, {"params": heads}], weight_decay=0.01)
    steps = epochs * -(-len(drafts) // BATCH)
    done, lost = 0, 0.0
    with bar("Training", steps) as advance:
        for epoch in range(epochs):
            shown = [varied(draft, fair, chance) for draft in chance.sample(drafts, len(drafts))]
            for batch in _batches(shown, student.tokenizer, chance):
                done += 1
                fade = min(1.0, done / (steps / 10)) * max(0.0, 1 - (done - 1) / steps)
                for group, rate in zip(optimiser.param_groups, (RATE, RATE_OF_HEADS), strict=True):
                    group["lr"] = rate * fade
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                    loss = student.loss(batch)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_([*adapters, *heads], 1.0)
                optimiser.step()
                lost += loss.item()
                advance(1)
            say(f"epoch {epoch + 1} of {epochs}, mean loss {lost * epochs / steps:.3f}")
            lost = 0.0
    student.eval()


def _batches(drafts: Sequence[LabelledDraft], tokenizer: Tokenizer, chance: random.Random) -> Iterable[list[Lesson]]:
    """All drafts once, those of like length together: little padding."""
    batches = []
    for start in range(0, len(drafts), 16 * BATCH):
        chunk = sorted(drafts[start : start + 16 * BATCH], key=lambda draft: len(draft.text))
        batches += [chunk[place : place + BATCH] for place in range(0, len(chunk), BATCH)]
    chance.shuffle(batches)
    for batch in batches:
        yield [lesson for draft in batch for lesson in lessons(draft, tokenizer)]


def belief(student: Student, back: Sequence[LabelledDraft]) -> dict[str, float]:
    """Slope and intercept that make a logit a probability, fitted on the drafts kept back."""
    logits = np.array([[student.concern(draft)] for draft in back])
    fitted = LogisticRegression(C=10.0).fit(logits, [draft.concern for draft in back])
    right = float(np.mean(fitted.predict(logits) == np.array([draft.concern for draft in back])))
    say(f"{len(back)} drafts kept back, {right:.3f} of them judged right")
    return {"slope": round(float(fitted.coef_[0, 0]), 4), "intercept": round(float(fitted.intercept_[0]), 4)}


def main() -> None:
    """Train, fit how far to believe the result, and write both."""
    parser = argparse.ArgumentParser(description="Train the tone reader on labelled drafts.")
    parser.add_argument("--drafts", type=Path, default=DRAFTS)
    parser.add_argument("--tone", type=Path, default=TONE)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="a third quicker on processors that have it")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311 - it shuffles, it guards nothing
    torch.manual_seed(given.seed)
    drafts = [*drafts_of(read_base()), *read_drafts(given.drafts)]
    back = [draft for draft in drafts if kept_back(draft.text)]
    shown = [draft for draft in drafts if not kept_back(draft.text)]
    say(f"{len(drafts)} drafts; {len(back)} of them kept back")
    student = Student()
    torch.set_num_threads(given.threads)  # loading a model sets one
    train(student, shown, given.epochs, chance, bf16=given.bf16)
    save_adapters(student.bert, given.tone)
    save_heads(student.graph, given.tone)
    facts = {"categories": [str(category) for category in CATEGORIES], **belief(student, back)}
    (given.tone / "tone.json").write_text(json.dumps(facts) + "\n", "utf-8")


if __name__ == "__main__":
    main()
