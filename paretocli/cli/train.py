"""`paretocli train`: one point."""

from typing import Annotated

import typer

from paretocli.cli import options as o


def train(
    ctx: typer.Context,
    problem: o.ProblemName = None,
    *,
    config: o.Config = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="The weights of the objectives, such as 0.2,0.8.",
            show_default="all equal",
            rich_help_panel=o.WEIGHTS,
        ),
    ] = None,
    fix: o.Fix = None,
    targets: o.Targets = None,
    network: o.Network = None,
    solver: o.SolverName = None,
    train_samples: o.TrainSamples = None,
    epochs: o.Epochs = None,
    batch_size: o.BatchSize = None,
    lr: o.LearningRate = None,
    optimizer: o.OptimizerName = None,
    weight_decay: o.WeightDecay = None,
    schedule: o.Schedule = None,
    precision: o.Precision = None,
    scale: o.Scale = None,
    ideal: o.Ideal = None,
    epsilon: o.Epsilon = None,
    penalty: o.Penalty = None,
    averaging: o.Averaging = None,
    seed: o.Seed = None,
    init: o.Init = None,
    sparsity: o.Sparsity = None,
    sparse_layers: o.SparseLayers = None,
    theta: o.Theta = None,
    theta_slope: o.ThetaSlope = None,
    sparsity_scale: o.SparsityScale = None,
    max_layer_sparsity: o.MaxLayerSparsity = None,
    share_similarity: o.ShareSimilarity = None,
    retrain_epochs: o.RetrainEpochs = None,
    retrain_lr: o.RetrainLearningRate = None,
    freeze_sparsity: o.FreezeSparsity = None,
    device: o.Device = None,
    threads: o.Threads = None,
    data_dir: o.DataDir = None,
    out: o.Out = None,
    checkpoint_every: o.CheckpointEvery = None,
    log: o.Log = None,
    retry_failed: o.RetryFailed = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    dry_run: o.DryRun = False,
) -> None:
    """Train one network for one choice of weights.

    Examples:
      paretocli train multimnist --network mdmtn

      paretocli train zdt2 --weights 0.3,0.7 --json
    """
    from paretocli.cli.running import run_command

    run_command(ctx.params, single=True)
