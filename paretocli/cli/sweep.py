"""`paretocli sweep`: a whole front."""

from typing import Annotated

import typer

from paretocli.cli import options as o


def sweep(
    ctx: typer.Context,
    problem: o.ProblemName = None,
    *,
    config: o.Config = None,
    points: o.Points = None,
    divisions: o.Divisions = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B",
            help="One point's weights, such as 0.2,0.8; repeatable.",
            rich_help_panel=o.WEIGHTS,
        ),
    ] = None,
    weights_file: o.WeightsFile = None,
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
    transfer: o.TransferRule = None,
    transfer_strength: o.TransferStrength = None,
    transfer_until: o.TransferUntil = None,
    transfer_kernel: o.TransferKernel = None,
    transfer_reach: o.TransferReach = None,
    transfer_tensors: o.TransferTensors = None,
    branch_at: o.BranchAt = None,
    batches: o.Batches = None,
    device: o.Device = None,
    threads: o.Threads = None,
    stack: o.Stack = None,
    jobs: o.Jobs = None,
    cluster: o.Cluster = None,
    data_dir: o.DataDir = None,
    out: o.Out = None,
    checkpoint_every: o.CheckpointEvery = None,
    log: o.Log = None,
    retry_failed: o.RetryFailed = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    dry_run: o.DryRun = False,
) -> None:
    """Train a network for each point of a grid of weights and collect the front.

    Without a problem, two overlaid handwritten digits are told apart; nothing is downloaded.
    The same command on the same directory goes on where it stopped.

    Examples:
      paretocli sweep

      paretocli sweep vlmop2 --points 21 --solver linear

      paretocli sweep multidigits --transfer split

      paretocli sweep table:houses.csv --targets price,rent

      paretocli sweep multimnist --network mdmtn --weights 0.2,0.8 --weights 0.8,0.2
    """
    from paretocli.cli.running import run_command

    run_command(ctx.params, single=False)
