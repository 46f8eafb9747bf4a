"""A small BERT for two questions about a text: what is it about, and does its writer like it?

    paretocli sweep examples/bert_reviews.py:make --points 6

Needs the package transformers. The texts are made here, by rules that no single word gives away:
"not good", and "good, but" before what counts. A BERT of one's own data differs in `texts`, in its
tokenizer, and in that its parameters are loaded: `BertModel.from_pretrained` in place of a
configuration. It is trained as is usual for transformers: AdamW with a warm-up, clipped gradients,
no weight decay for norms and biases, and a smaller learning rate below the heads.
"""

import random

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertModel

from paretocli.problems import Defaults, Problem, Samples, Task

SUBJECTS = {
    "food": ["soup", "bread", "pasta", "cake"],
    "place": ["room", "garden", "lobby", "view"],
    "people": ["waiter", "guide", "driver", "cook"],
}
GOOD, BAD = ["good", "lovely", "great"], ["bad", "awful", "poor"]
WORDS = ["[pad]", "[start]", "the", "was", "not", "but", "and", "very", "that"]
WORDS += [word for words in (*SUBJECTS.values(), GOOD, BAD) for word in words]
LENGTH = 14


def text(draw):
    """The words of a text, what it is about, and whether its writer likes that.

    What comes last counts: "the soup was good but the waiter was not good".
    """
    words, subject, likes = [], 0, False
    for number in range(draw.randint(1, 2)):
        subject, likes, turned = draw.randrange(3), draw.random() < 0.5, draw.random() < 0.4
        words += [draw.choice(["but", "and"])] * number
        words += ["the", draw.choice([*SUBJECTS.values()][subject]), "was"]
        words += ["not"] * turned + ["very"] * (draw.random() < 0.3)
        words.append(draw.choice(GOOD if likes != turned else BAD))
    return words, subject, int(likes)


def texts(count, seed):
    draw = random.Random(seed)
    ids, about, liked = torch.zeros(count, LENGTH, dtype=torch.long), [], []
    for row in ids:
        words, subject, likes = text(draw)
        words = ["[start]", *words]
        row[: len(words)] = torch.tensor([WORDS.index(word) for word in words])
        about.append(subject)
        liked.append(likes)
    inputs = {"input_ids": ids, "attention_mask": (ids > 0).long()}
    return Samples(inputs, (torch.tensor(about), torch.tensor(liked)))


class Network(nn.Module):
    def __init__(self, width=32, layers=2):
        super().__init__()
        self.bert = BertModel(
            BertConfig(
                vocab_size=len(WORDS),
                hidden_size=width,
                num_hidden_layers=layers,
                num_attention_heads=4,
                intermediate_size=2 * width,
                max_position_embeddings=LENGTH,
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            ),
            add_pooling_layer=False,
        )
        self.about, self.liked = nn.Linear(width, 3), nn.Linear(width, 2)

    def forward(self, input_ids, attention_mask):
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return {"about": self.about(states[:, 0]), "liked": self.liked(states[:, 0])}


def accuracy(output, label):
    return (output.argmax(dim=1) == label).float()


def make(train=4000, layers=2, width=32):
    return Problem(
        name="reviews",
        tasks=[Task(name, cross_entropy, {"accuracy": accuracy}) for name in ("about", "liked")],
        train=texts(train, seed=0),
        val=texts(500, seed=1),
        test=texts(1000, seed=2),
        prepare=lambda inputs: inputs,  # whole numbers stay so
        networks={"bert": lambda: Network(width, layers)},
        defaults=Defaults(
            points=6,
            epochs=10,
            batch_size=64,
            lr=3e-3,
            optimizer="adamw",
            weight_decay=0.01,
            warm_up=0.1,
            clip_norm=1.0,
            lr_of={"bert.*": 0.5},
            no_decay=("norms", "biases"),
            retrain_epochs=5,
        ),
    )
