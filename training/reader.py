"""Train the reader, who tells who decides: low-rank changes to the model's upper layers, and the OwnerHead over them.

usage: reader.py [--decisions FOLDER] [--epochs N] [--threads N] [--seed N] [--half]

It learns from the catalogue's phrasings (which owner, and which of the matters), from labelled scenarios (which owner)
and from texts about something else. One subject in ten is kept back: how far the result is to be believed, and how
much the nearness of matters counts, is fitted on those. `--half` leaves out every second matter, to see what the
catalogue is worth.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from owners import (
    DECISIONS,
    PLACES,
    Told,
    fit,
    hunch,
    matters_of,
    owners_of,
    read_as,
    scenarios_of,
    worth,
)
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from torch.nn import functional
from train import save_adapters

from bot.owners import OWNERS
from index_builder.knowledge import read_base
from index_builder.labelled import NEAR_MISS, read_labelled
from index_builder.model import DEFAULT_MODEL
from index_builder.model.adapt import ADAPTERS, OWNERS_HEAD, READER, READING
from index_builder.model.export import load
from index_builder.model.source import folder_of
from index_builder.progress import bar, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Figures = NDArray[np.float64]

LAYERS = 6  # the upper ones, trained; those below are the model's own
RANK = 32
RATE, RATE_OF_HEADS = 8e-4, 2e-3
BATCH, LONGEST = 32, 128  # texts a step, tokens
SMOOTHING = 0.05
OF_MATTERS, OF_ABOUT = 0.3, 0.5  # of the loss, beside the owner's
OF_SCENARIO = 2.0  # what a scenario counts for, a phrasing of the catalogue being 1
QUESTIONS, NEAR_MISSES, OFF_TOPIC = 1600, 800, 300  # texts about something else, drawn from what the councils are asked
DROPPED = 0.2
KEPT_BACK = 10  # one subject in so many
MATTER = "matter"
_ABOUT_DECIDING = (
    "decid", "decision", "sign", "approv", "delegat", "cabinet", "portfolio", "whose", "owner", "authoris",
    "permission", "executive", "committee",
)  # fmt: skip


class Text(NamedTuple):
    """A text as it is read, its owner's place or -1 for one about something else, its matter's place or -1."""

    text: str
    owner: int
    matter: int
    weight: float


class Student(torch.nn.Module):
    """The adapted model with new adapters in its upper layers, and what is learnt beside them."""

    def __init__(self, matters: int, trained: int) -> None:
        super().__init__()
        model = load(folder_of(DEFAULT_MODEL), ADAPTERS)
        transformer: Any = model[0]
        layers = transformer.model.config.num_hidden_layers
        settings = LoraConfig(
            r=RANK,
            lora_alpha=2 * RANK,
            lora_dropout=0.1,
            target_modules=["query", "key", "value", "dense"],
            layers_to_transform=list(range(layers - trained, layers)),
            layers_pattern="layer",
            exclude_modules=["pooler.dense"],
        )
        self.tokenizer = model.tokenizer
        self.bert = get_peft_model(transformer.model, settings)
        dimension = transformer.get_embedding_dimension()
        self.attention = torch.nn.Linear(dimension, 1, bias=False)
        self.owners = torch.nn.Linear(dimension, len(OWNERS))
        self.about = torch.nn.Linear(dimension, 1)
        self.scale = torch.nn.Parameter(torch.tensor(2.5))
        self.matters = torch.nn.Parameter(torch.randn(matters, dimension) * 0.05)
        self.sharpness = torch.nn.Parameter(torch.tensor(2.5))

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        """The readings of texts, (texts, dimension), of length 1, as the exported reader gives them."""
        batch = self.tokenizer(list(texts), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        states = self.bert(**batch).last_hidden_state
        hidden = (1 - batch["attention_mask"].float()) * -1e4
        counts = torch.softmax(self.attention(states).squeeze(-1) + hidden, dim=1)
        return functional.normalize((counts.unsqueeze(-1) * states).sum(1), dim=1)

    def loss(self, texts: Sequence[Text], rarity: torch.Tensor) -> torch.Tensor:
        """What a batch gets wrong: the owner, the matter, and whether it is about who decides."""
        readings = self([text.text for text in texts])
        owner = torch.tensor([text.owner for text in texts])
        matter = torch.tensor([text.matter for text in texts])
        weight = torch.tensor([text.weight for text in texts]) * (owner >= 0)
        scaled = functional.dropout(readings * self.scale.exp(), DROPPED)
        wrong = functional.cross_entropy(
            self.owners(scaled), owner.clamp(min=0), weight=rarity, reduction="none", label_smoothing=SMOOTHING
        )
        lost = (wrong * weight).sum() / weight.sum().clamp(min=1)
        elsewhere = functional.binary_cross_entropy_with_logits(self.about(scaled).squeeze(-1), (owner >= 0).float())
        lost = lost + OF_ABOUT * elsewhere
        if bool((matter >= 0).any()):
            near = readings[matter >= 0] @ functional.normalize(self.matters, dim=1).T
            lost = lost + OF_MATTERS * functional.cross_entropy(self.sharpness.exp() * near, matter[matter >= 0])
        return lost

    def weights(self) -> tuple[Figures, Figures, Figures, float]:
        """What makes logits of readings: of owners, (owners, dimension) and (owners,), and of being about it at all."""
        scale = float(self.scale.detach().exp())
        owners, about = self.owners.weight.detach().double().numpy(), self.about.weight.detach().double().numpy()
        return scale * owners, self.owners.bias.detach().double().numpy(), scale * about[0], float(self.about.bias)

    @torch.no_grad()
    def vectors(self, texts: Sequence[str]) -> Figures:
        """The vectors of texts, (texts, dimension), as the model without a reader gives them."""
        vectors = []
        with self.bert.disable_adapter():
            for start in range(0, len(texts), BATCH):
                chunk = list(texts[start : start + BATCH])
                batch = self.tokenizer(chunk, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
                states, mask = self.bert(**batch).last_hidden_state, batch["attention_mask"].unsqueeze(-1)
                vectors.append(functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1).numpy())
        return np.concatenate(vectors).astype(np.float64)

    @torch.no_grad()
    def read(self, texts: Sequence[str]) -> Figures:
        """The readings of texts, (texts, dimension)."""
        self.eval()
        texts = list(texts)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        readings = np.zeros((len(texts), self.attention.in_features))
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            readings[places] = self([texts[place] for place in places]).numpy()
        self.train()
        return readings


def kept_back(subject: str) -> bool:
    """Whether a subject is kept back from training."""
    return int(hashlib.sha256(subject.encode()).hexdigest(), 16) % KEPT_BACK == 0


def elsewhere(councils: Path, chance: random.Random) -> list[str]:
    """Questions of the training councils that do not speak of deciding, and some about nothing of the council's."""
    known = read_labelled(councils, ("train",))
    asked = [question.text for council in known for paragraph in council.paragraphs for question in paragraph.questions]
    missed = [question.text for council in known for question in council.unanswered if question.kind == NEAR_MISS]
    asked, missed = (
        [text for text in texts if not any(word in text.lower() for word in _ABOUT_DECIDING)]
        for texts in (asked, missed)
    )
    lines = (Path(__file__).parent / "off-topic.txt").read_text("utf-8").splitlines()
    off_topic = [line.strip() for line in lines if line.strip()]
    return [
        *chance.sample(asked, QUESTIONS),
        *chance.sample(missed, NEAR_MISSES),
        *chance.sample(off_topic, OFF_TOPIC),
    ]


def train(student: Student, texts: Sequence[Text], epochs: int, chance: random.Random) -> None:
    """Show a Student every text `epochs` times."""
    student.train()
    counts = np.bincount([text.owner for text in texts if text.owner >= 0], minlength=len(OWNERS))
    rarity = torch.tensor((counts.mean() / counts) ** 0.5, dtype=torch.float32)
    adapters = [weight for weight in student.bert.parameters() if weight.requires_grad]
    known = set(map(id, adapters))
    heads = [weight for weight in student.parameters() if weight.requires_grad and id(weight) not in known]
    optimiser = torch.optim.AdamW([{"params": adapters}, {"params": heads}], weight_decay=0.01)
    plan = [batch for _ in range(epochs) for batch in _batches(texts, chance)]
    lost = 0.0
    with bar("Training", len(plan)) as advance:
        for done, batch in enumerate(plan, start=1):
            fade = min(1.0, done / (len(plan) / 10)) * (1 - (done - 1) / len(plan))
            for group, rate in zip(optimiser.param_groups, (RATE, RATE_OF_HEADS), strict=True):
                group["lr"] = rate * fade
            loss = student.loss(batch, rarity)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_([*adapters, *heads], 1.0)
            optimiser.step()
            lost += loss.item()
            if done % max(1, len(plan) // epochs) == 0:
                say(f"{done} of {len(plan)} steps, mean loss {lost * epochs / len(plan):.3f}")
                lost = 0.0
            advance(1)


def _batches(texts: Sequence[Text], chance: random.Random) -> Iterable[list[Text]]:
    """All texts once, those of like length together: little padding."""
    shuffled = chance.sample(texts, len(texts))
    batches = []
    for start in range(0, len(shuffled), 20 * BATCH):
        chunk = sorted(shuffled[start : start + 20 * BATCH], key=lambda text: len(text.text))
        batches += [chunk[place : place + BATCH] for place in range(0, len(chunk), BATCH)]
    chance.shuffle(batches)
    return batches


def save(student: Student, reader: Path) -> None:
    """Write the adapters in PEFT's format, and the attention beside them."""
    save_adapters(student.bert, reader)
    save_file({"attention": student.attention.weight.detach().contiguous()}, reader / READING)


def main() -> None:
    """Train, fit what nearness counts for on the subjects kept back, and write both."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description="Train the reader on the catalogue and the labelled scenarios.")
    parser.add_argument("--decisions", type=Path, default=DECISIONS)
    parser.add_argument("--councils", type=Path, default=here / "councils")
    parser.add_argument("--reader", type=Path, default=READER)
    parser.add_argument("--owners", type=Path, default=OWNERS_HEAD)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--half", action="store_true")
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311 - it shuffles, it guards nothing
    torch.manual_seed(given.seed)
    entries = read_base().catalogue[:: 2 if given.half else 1]
    scenarios = scenarios_of(given.decisions)
    back = [scenario for scenario in scenarios if kept_back(scenario.subject)]
    shown = [scenario for scenario in scenarios if not kept_back(scenario.subject)]
    texts = [
        Text(read_as(phrasing), PLACES[entry.matter.owner], place, 1.0)
        for place, entry in enumerate(entries)
        for phrasing in (entry.matter.title, *entry.phrasings)
    ]
    owners = owners_of(shown).tolist()
    texts += [Text(read_as(s.text), owner, -1, OF_SCENARIO) for s, owner in zip(shown, owners, strict=True)]
    texts += [Text(read_as(text), -1, -1, 1.0) for text in elsewhere(given.councils, chance)]
    say(f"{len(entries)} matters, {len(texts)} texts; {len(back)} scenarios kept back")
    student = Student(len(entries), given.layers)
    torch.set_num_threads(given.threads)  # loading a model sets one
    train(student, texts, given.epochs, chance)
    save(student, given.reader)
    readings = student.read([read_as(scenario.text) for scenario in back])
    weights, biases, about, about_bias = student.weights()
    told = Told(readings, readings @ weights.T + biases, readings @ about + about_bias, owners_of(back))
    fitted = fit(told, entries, matters_of(entries, student.read), biases=False)
    vectors = student.vectors([text.text for text in texts])
    head = {
        "owners": [hunch(fitted.of_logits * w, fitted.of_logits * b) for w, b in zip(weights, biases, strict=True)],
        "near": round(fitted.near, 4),
        "sharpness": fitted.sharpness,
        "about": hunch(fitted.of_about * about, fitted.of_about * about_bias + fitted.about_bias),
        "about_near": round(fitted.about_near, 4),
        "worth": worth(vectors, np.array([text.owner >= 0 for text in texts])),
    }
    given.owners.write_text(json.dumps(head) + "\n", "utf-8")


if __name__ == "__main__":
    main()
