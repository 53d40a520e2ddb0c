"""Train the adapters: low-rank changes to the default model, and the projection of its tokens.

usage: train.py [--councils FOLDER] [--out FOLDER] [--epochs N] [--threads N] [--seed N]

One step is one document: up to 40 of its paragraphs, two questions of each, some paragraphs that nobody asked about and
some questions that nothing answers. Two losses are added: for the vectors of whole texts, and for the late interaction
of tokens. In each a question chooses among all these paragraphs and "none", whose score is learnt; and a paragraph
chooses among the questions. So siblings are the negatives, and what a near miss looks like is learnt with the rest.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from torch.nn import functional

from bot.domain import Passage
from index_builder.chunk import embedded
from index_builder.labelled import read_labelled
from index_builder.model import DEFAULT_MODEL
from index_builder.model.adapt import ADAPTERS, TOKEN_DIMENSION, TOKENS
from index_builder.model.export import load
from index_builder.model.source import folder_of
from index_builder.progress import bar, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain import Section
    from index_builder.labelled import LabelledCouncil

RANK = 32
RATE, RATE_OF_TOKENS, RATE_OF_NONE = 5e-4, 1e-3, 5e-3
PARAGRAPHS, QUESTIONS_EACH, UNANSWERED, DISTRACTORS = 40, 2, 8, 5
FEWEST = 12  # paragraphs that still have questions: below this a document's round is over
WARM_UP = 15  # steps
LONGEST = 256  # tokens
TEXTS_AT_ONCE = 8  # of like length: little padding, and the same gradient as all at once
FORWARD_SHARE = 0.6  # of the loss for questions that choose a paragraph; the rest for paragraphs that choose questions


@dataclass(frozen=True)
class Step:
    """Paragraphs of one document, questions, and the place of each one's paragraph: their count where none answers."""

    sections: tuple[Section, ...]
    questions: tuple[str, ...]
    right: tuple[int, ...]


class Student(torch.nn.Module):
    """The default model with adapters, and what is learnt beside it."""

    def __init__(self) -> None:
        super().__init__()
        model = load(folder_of(DEFAULT_MODEL))
        settings = LoraConfig(
            r=RANK,
            lora_alpha=2 * RANK,
            target_modules=["query", "key", "value", "dense"],
            exclude_modules=["pooler.dense"],
        )
        self.tokenizer = model.tokenizer
        transformer: Any = model[0]
        self.bert = get_peft_model(transformer.model, settings)
        self.projection = torch.nn.Linear(transformer.get_embedding_dimension(), TOKEN_DIMENSION, bias=False)
        torch.nn.init.orthogonal_(self.projection.weight)
        self.importance = torch.nn.Linear(transformer.get_embedding_dimension(), 1)
        torch.nn.init.zeros_(self.importance.weight)
        torch.nn.init.zeros_(self.importance.bias)
        self.none = torch.nn.Parameter(torch.tensor([0.35, 0.6]))  # cosine and late interaction of "nothing answers"
        self.sharpness = torch.nn.Parameter(torch.log(torch.tensor([20.0, 25.0])))

    def forward(self, texts: Sequence[str]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The unit vector of each text, (texts, dimension), and its tokens', each (tokens, token_dimension).

        A token's vector is as long as the token matters.
        """
        lengths = [len(ids) for ids in self.tokenizer(list(texts))["input_ids"]]
        order = sorted(range(len(texts)), key=lengths.__getitem__)
        vectors: dict[int, torch.Tensor] = {}
        tokens: dict[int, torch.Tensor] = {}
        for start in range(0, len(order), TEXTS_AT_ONCE):
            places = order[start : start + TEXTS_AT_ONCE]
            batch = self.tokenizer(
                [texts[place] for place in places],
                padding=True,
                truncation=True,
                max_length=LONGEST,
                return_tensors="pt",
            )
            with torch.autocast("cpu", dtype=torch.bfloat16):
                states = self.bert(**batch).last_hidden_state
            states, mask = states.float(), batch["attention_mask"].unsqueeze(-1)
            means = functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)
            short = functional.normalize(self.projection(states), dim=-1) * functional.softplus(self.importance(states))
            for row, place in enumerate(places):
                vectors[place] = means[row]
                tokens[place] = short[row][: int(mask[row].sum())]
        return torch.stack([vectors[place] for place in range(len(texts))]), [tokens[i] for i in range(len(texts))]

    def loss(self, step: Step, texts: Sequence[str]) -> torch.Tensor:
        """What one step gets wrong; `texts` are its sections as embedded this time."""
        paragraphs, paragraph_tokens = self(texts)
        questions, question_tokens = self(step.questions)
        right = torch.tensor(step.right)
        both = (questions @ paragraphs.T, late_interaction(question_tokens, paragraph_tokens))
        return sum((self._chosen(scores, right, which) for which, scores in enumerate(both)), torch.tensor(0.0))

    def _chosen(self, scores: torch.Tensor, right: torch.Tensor, which: int) -> torch.Tensor:
        none = self.none[which].expand(len(scores), 1)
        sharp = torch.exp(self.sharpness[which]) * torch.cat([scores, none], 1)
        forward = functional.cross_entropy(sharp, right)
        answered = right < scores.shape[1]
        asks = functional.one_hot(right[answered], scores.shape[1]).bool()
        asked = asks.any(0)
        chosen = torch.log_softmax(sharp[answered, :-1].T[asked], 1).masked_fill(~asks.T[asked], -torch.inf)
        return FORWARD_SHARE * forward - (1 - FORWARD_SHARE) * chosen.logsumexp(1).mean()


def late_interaction(questions: Sequence[torch.Tensor], paragraphs: Sequence[torch.Tensor]) -> torch.Tensor:
    """For each question and paragraph, (questions, paragraphs): over the question's tokens, the mean best cosine.

    A question's token counts as much as its vector is long; a padded one has no length.
    """
    asked, _ = _padded(questions)
    held, held_mask = _padded(paragraphs)
    cosines = torch.einsum("aid,bjd->abij", asked, functional.normalize(held, dim=-1))
    best = cosines.masked_fill(~held_mask[None, :, None, :], -torch.inf).amax(3)
    mean: torch.Tensor = best.sum(2) / asked.norm(dim=-1).sum(1)[:, None]
    return mean


def _padded(texts: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(text) for text in texts])
    padded = torch.nn.utils.rnn.pad_sequence(list(texts), batch_first=True)
    return padded, torch.arange(padded.shape[1])[None, :] < lengths[:, None]


def steps(councils: Sequence[LabelledCouncil], chance: random.Random) -> list[Step]:
    """One epoch: steps of one document each, shuffled; no question twice, and few left out (see FEWEST)."""
    made = [step for council in councils for step in _steps_of(council, chance)]
    chance.shuffle(made)
    return made


def _steps_of(council: LabelledCouncil, chance: random.Random) -> Iterator[Step]:
    _, sections = council.published()
    pools = [chance.sample([q.text for q in p.questions], len(p.questions)) for p in council.paragraphs]
    silent = [place for place, pool in enumerate(pools) if not pool]
    unanswered = chance.sample([question.text for question in council.unanswered], len(council.unanswered))
    while len(waiting := [place for place, pool in enumerate(pools) if pool]) >= FEWEST:
        chosen = chance.sample(waiting, min(PARAGRAPHS, len(waiting)))
        places = chosen + chance.sample(silent, min(DISTRACTORS, len(silent)))
        asked = [
            (pools[p].pop(), row) for row, p in enumerate(chosen) for _ in range(min(QUESTIONS_EACH, len(pools[p])))
        ]
        asked += [(unanswered.pop(), len(places)) for _ in range(min(UNANSWERED, len(unanswered)))]
        questions, right = zip(*asked, strict=True)
        yield Step(tuple(sections[place] for place in places), questions, right)


def text_of(section: Section, chance: random.Random) -> str:
    """A section as one of its entire passages is embedded: with its heading and stem, or without, at even odds."""
    return embedded(Passage(0, 0, len(section.text), framed=chance.random() < 0.5), section)  # noqa: PLR2004


def train(councils: Sequence[LabelledCouncil], epochs: int, threads: int, chance: random.Random) -> Student:
    """A Student that has seen every question `epochs` times."""
    student = Student()
    torch.set_num_threads(threads)  # loading a model sets one
    student.bert.eval()  # no dropout: on so few steps it only slowed learning
    adapters = [weight for weight in student.bert.parameters() if weight.requires_grad]
    rates = (RATE, RATE_OF_TOKENS, RATE_OF_NONE)
    of_tokens = [student.projection.weight, *student.importance.parameters()]
    groups = ((adapters, 0.01), (of_tokens, 0.01), ([student.none, student.sharpness], 0.0))
    optimiser = torch.optim.AdamW([{"params": weights, "weight_decay": decay} for weights, decay in groups])
    plan = [step for _ in range(epochs) for step in steps(councils, chance)]
    lost = 0.0
    with bar("Training", len(plan)) as advance:
        for done, step in enumerate(plan, start=1):
            fade = min(1.0, done / WARM_UP) * max(0.03, 1 - done / len(plan))
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * fade
            loss = student.loss(step, [text_of(section, chance) for section in step.sections])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_([*adapters, *of_tokens], 1.0)
            optimiser.step()
            lost += loss.item()
            if done % max(1, len(plan) // epochs) == 0:
                say(f"{done} of {len(plan)} steps, mean loss {lost * epochs / len(plan):.3f}")
                lost = 0.0
            advance(1)
    return student


def save_adapters(bert: Any, out: Path) -> None:
    """Write a model's adapters in PEFT's format; nothing of this machine stands in them."""
    shutil.rmtree(out, ignore_errors=True)
    bert.peft_config["default"].base_model_name_or_path = DEFAULT_MODEL
    bert.save_pretrained(str(out), save_embedding_layers=False)
    (out / "README.md").unlink()  # PEFT's empty form of a model card; ours is training/model-card.md
    settings = json.loads((out / "adapter_config.json").read_text("utf-8"))
    settings["target_modules"].sort()  # a set: it would come out otherwise each time
    (out / "adapter_config.json").write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n", "utf-8")


def save(student: Student, out: Path) -> None:
    """Write the adapters in PEFT's format and the projection beside them."""
    save_adapters(student.bert, out)
    of_tokens = {
        "projection": student.projection.weight,
        "importance": student.importance.weight,
        "importance_bias": student.importance.bias,
    }
    save_file({name: weights.detach().contiguous() for name, weights in of_tokens.items()}, out / TOKENS)


def main() -> None:
    """Train on the councils of the training split."""
    parser = argparse.ArgumentParser(description="Train the adapters on the councils of the training split.")
    parser.add_argument("--councils", type=Path, default=Path(__file__).parent / "councils")
    parser.add_argument("--out", type=Path, default=ADAPTERS)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311 - it shuffles, it guards nothing
    torch.manual_seed(given.seed)
    councils = read_labelled(given.councils, ("train",))
    questions = sum(len(paragraph.questions) for council in councils for paragraph in council.paragraphs)
    say(f"{len(councils)} councils, {questions} questions")
    save(train(councils, given.epochs, given.threads, chance), given.out)


if __name__ == "__main__":
    main()
