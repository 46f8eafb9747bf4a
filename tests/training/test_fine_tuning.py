"""Transformers fine-tuned with all that is usual, against a loop of plain torch."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, gelu, scaled_dot_product_attention

from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.networks.building import build_network
from paretocli.population.parameter_groups import undecayed_names
from paretocli.training.batches import batches
from tests.toys import make_trainer

WORDS, LENGTH, WIDTH = 20, 8, 16
EPOCHS, STEPS, RISING = 3, 12, 3  # 3 epochs of 4 batches; a quarter of the steps
LR, BELOW, DECAY, LONGEST = 0.01, 0.3, 0.1, 0.5
WEIGHTS = (0.7, 0.3)


class Layer(nn.Module):
    """Attention with a mask, and two matrices, each beside its input and before a layer norm."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.wide, self.narrow = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))

    def forward(self, states, mask):
        heads = [
            part(states).unflatten(2, (2, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        ]
        seen = scaled_dot_product_attention(*heads, attn_mask=mask.bool()[:, None, None, :])
        states = self.norms[0](states + self.out(seen.transpose(1, 2).flatten(2)))
        return self.norms[1](states + self.narrow(gelu(self.wide(states))))


class Encoder(nn.Module):
    """A BERT in small, with a head for each of two questions about a text."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(2))
        self.about, self.liked = nn.Linear(WIDTH, 3), nn.Linear(WIDTH, 2)

    def forward(self, input_ids, attention_mask):
        states = self.norm(self.words(input_ids) + self.places.weight)
        for layer in self.layers:
            states = layer(states, attention_mask)
        return {"about": self.about(states[:, 0]), "liked": self.liked(states[:, 0])}


def of_transformers():
    package = pytest.importorskip("transformers", reason="its BERT is tried where it is installed")

    class Bert(nn.Module):
        def __init__(self):
            super().__init__()
            config = package.BertConfig(
                vocab_size=WORDS,
                hidden_size=WIDTH,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=2 * WIDTH,
                max_position_embeddings=LENGTH,
                hidden_dropout_prob=0.0,  # what it draws in parts is not what it draws at once
                attention_probs_dropout_prob=0.0,
            )
            self.body = package.BertModel(config, add_pooling_layer=False)
            self.about, self.liked = nn.Linear(WIDTH, 3), nn.Linear(WIDTH, 2)

        def forward(self, **texts):
            states = self.body(**texts).last_hidden_state
            return {"about": self.about(states[:, 0]), "liked": self.liked(states[:, 0])}

    return Bert


def problem_of(network):
    """32 texts of different lengths, whose questions their first words answer."""
    draw = torch.Generator().manual_seed(0)
    ids = torch.randint(1, WORDS, (32, LENGTH), generator=draw)
    mask = torch.arange(LENGTH) < torch.randint(3, LENGTH + 1, (32, 1), generator=draw)
    texts = {"input_ids": ids * mask, "attention_mask": mask.long()}
    samples = Samples(texts, (ids[:, 1] % 3, ids[:, 2] % 2))
    return Problem(
        name="texts",
        tasks=[Task("about", cross_entropy), Task("liked", cross_entropy)],
        train=samples,
        val=samples,
        test=samples,
        prepare=lambda inputs: inputs,
        networks={"net": network},
        defaults=Defaults(network="net", epochs=EPOCHS, batch_size=8, lr=LR, optimizer="adamw"),
    )


def recipe_of(network):
    """The settings of the trainer."""
    heads = ("about", "liked")
    below = [name for name, _ in network.named_parameters() if not name.startswith(heads)]
    return {
        "weight_decay": DECAY,
        "schedule": "linear",
        "warm_up": RISING / STEPS,
        "clip_norm": LONGEST,
        "lr_factors": dict.fromkeys(below, BELOW),
        "undecayed": undecayed_names(network, ["norms", "biases"]),
    }


def by_hand(problem, settings, network):
    """Losses (epochs, 2) of the same in plain torch, each batch in two parts."""
    heads, plain = ("about", "liked"), (nn.LayerNorm,)
    norms = {id(p) for m in network.modules() if isinstance(m, plain) for p in m.parameters()}
    groups = [
        {
            "params": [parameter],
            "lr": LR if name.startswith(heads) else LR * BELOW,
            "weight_decay": 0.0 if id(parameter) in norms or name.endswith("bias") else DECAY,
        }
        for name, parameter in network.named_parameters()
    ]
    optimizer = torch.optim.AdamW(groups)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: (step + 1) / RISING if step < RISING else (STEPS - step) / (STEPS - RISING),
    )
    found = []
    for epoch in range(EPOCHS):
        of_epoch = []
        for batch, _, _ in batches(problem.train, settings, epoch):
            optimizer.zero_grad()
            whole = torch.zeros(2)
            for part in (slice(0, 4), slice(4, 8)):
                outputs = network(**{name: rows[part] for name, rows in batch.inputs.items()})
                losses = torch.stack(
                    [
                        cross_entropy(outputs[name], target[part])
                        for name, target in zip(heads, batch.targets, strict=True)
                    ]
                )
                (losses @ torch.tensor(WEIGHTS) / 2).backward()
                whole += losses.detach() / 2
            nn.utils.clip_grad_norm_(network.parameters(), LONGEST)
            optimizer.step()
            schedule.step()
            of_epoch.append(whole)
        found.append(torch.stack(of_epoch).mean(dim=0))
    return torch.stack(found)


@pytest.mark.parametrize("network", [lambda: Encoder, of_transformers], ids=["own", "transformers"])
@pytest.mark.parametrize("largest", [0, 4], ids=["at once", "in parts"])
def test_a_loop_by_hand_has_the_same_losses(network, largest):
    problem = problem_of(network())
    made = build_network("net", problem, 0).train()
    trainer = make_trainer(problem, [WEIGHTS], "linear", **recipe_of(made), micro_batch=largest)
    found = torch.stack([trainer.run_epoch().figures["train"][0][0] for _ in range(EPOCHS)])
    expected = by_hand(problem, trainer.settings, made)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    assert found[-1].sum() < found[0].sum() - 0.1  # it learns
