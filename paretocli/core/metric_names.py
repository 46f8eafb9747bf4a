"""Names of metrics whose better direction everybody knows, looked up as a whole.

A name that merely holds one of these says nothing: `distance_to_iou` is no IoU. Left out are names
that are used both ways, such as `score`, `angle` or `distance`, and correlations, which may be best
at either end.
"""

from collections.abc import Iterator
from typing import Literal

Direction = Literal["higher", "lower"]

_HIGHER = """
    accuracy acc pixel_accuracy balanced_accuracy mean_accuracy top1 top5 top_1 top_5 top1_accuracy
    top5_accuracy top_k_accuracy exact_match hit_rate
    precision recall sensitivity specificity true_positive_rate true_negative_rate tpr tnr
    negative_predictive_value positive_predictive_value npv ppv fbeta dice f1
    f1_macro f1_micro f1_samples f1_weighted precision_macro precision_micro precision_samples
    precision_weighted recall_macro recall_micro recall_samples recall_weighted
    jaccard jaccard_index jaccard_macro jaccard_micro jaccard_samples jaccard_weighted
    iou miou mean_iou intersection_over_union generalized_intersection_over_union
    complete_intersection_over_union distance_intersection_over_union generalized_dice
    panoptic_quality modified_panoptic_quality critical_success_index
    auc auroc roc_auc roc_auc_ovo roc_auc_ovo_weighted roc_auc_ovr roc_auc_ovr_weighted logauc
    auprc pr_auc average_precision mean_average_precision label_ranking_average_precision
    ranking_average_precision ndcg dcg mrr reciprocal_rank
    matthews_corrcoef mcc cohen_kappa fleiss_kappa positive_likelihood_ratio
    r2 explained_variance d2_absolute_error d2_brier d2_log_loss d2_pinball d2_tweedie
    log_likelihood concordance_corrcoef
    psnr peak_signal_noise_ratio ssim ms_ssim structural_similarity_index_measure
    multiscale_structural_similarity_index_measure universal_image_quality_index
    visual_information_fidelity signal_noise_ratio signal_distortion_ratio
    scale_invariant_signal_noise_ratio scale_invariant_signal_distortion_ratio
    bleu sacre_bleu rouge chrf
    adjusted_mutual_info_score adjusted_rand_score calinski_harabasz_score completeness_score
    fowlkes_mallows_score homogeneity_score mutual_info_score normalized_mutual_info_score
    rand_score silhouette_score v_measure_score
    within_11 within_22 within_30
"""

_LOWER = """
    loss error error_rate top1_error top5_error zero_one_loss hamming_loss hamming_distance
    false_positive_rate false_negative_rate fpr fnr eer calibration_error ece
    negative_likelihood_ratio
    mse mae rmse mape smape msle rmsle
    mean_squared_error mean_absolute_error root_mean_squared_error mean_squared_log_error
    root_mean_squared_log_error median_absolute_error mean_absolute_percentage_error
    symmetric_mean_absolute_percentage_error weighted_mean_absolute_percentage_error
    normalized_root_mean_squared_error relative_squared_error log_cosh_error max_error
    abs_error rel_error absolute_error relative_error squared_error abs_rel sq_rel
    mean_angle median_angle
    mean_pinball_loss mean_gamma_deviance mean_poisson_deviance mean_tweedie_deviance
    continuous_ranked_probability crps
    log_loss logloss brier_loss brier cross_entropy binary_cross_entropy bce
    binary_cross_entropy_with_logits nll nll_loss gaussian_nll_loss poisson_nll_loss kl_div
    kl_divergence jensen_shannon_divergence perplexity
    mse_loss l1_loss smooth_l1_loss huber_loss hinge_loss soft_margin_loss multi_margin_loss
    multilabel_margin_loss multilabel_soft_margin_loss ctc_loss triplet_margin_loss
    cosine_embedding_loss hinge_embedding_loss margin_ranking_loss label_ranking_loss ranking_loss
    dice_loss iou_loss miou_loss focal_loss ssim_loss coverage_error
    word_error_rate char_error_rate match_error_rate translation_edit_rate wer cer edit_distance
    hausdorff_distance frechet_inception_distance fid lpips
    learned_perceptual_image_patch_similarity davies_bouldin_score
"""

# Libraries write the same name in several ways.
_KINDS = ("", "binary_", "multiclass_", "multilabel_")  # torchmetrics
_ENDS = ("", "_score")  # scikit-learn
_NEGATIVE = ("neg_", "negative_")  # scikit-learn's scorers, which are all better higher

_OPPOSITE: dict[Direction, Direction] = {"higher": "lower", "lower": "higher"}


def _spelled() -> Iterator[tuple[str, Direction]]:
    """All names with their directions; what comes later counts."""
    sides: tuple[tuple[str, Direction], ...] = ((_HIGHER, "higher"), (_LOWER, "lower"))
    plain = [
        (f"{kind}{name}{end}", direction)
        for text, direction in sides
        for name in text.split()
        for kind in _KINDS
        for end in _ENDS
    ]
    for name, direction in plain:
        for negative in _NEGATIVE:
            yield f"{negative}{name}", _OPPOSITE[direction]
    yield from plain
    yield "brier_score_loss", "lower"
    yield "neg_brier_score_loss", "higher"


_DIRECTIONS = dict(_spelled())


def known_direction(name: str) -> Direction | None:
    """Tell which direction of a metric is better by its whole name, None where it is not known.

    Case and hyphens do not matter: `F1`, `top-1`.
    """
    return _DIRECTIONS.get(name.lower().replace("-", "_").replace(" ", "_"))
