"""The five series: shapes, configurations and first weights of their Falcon-H1-style models.

Letters as everywhere in e2lm: D width, F feed-forward, L layers, H heads, P head width, N state.
In every layer attention (2 query heads, 1 kv head of P = 16) and a Mamba-2 mixer (heads of P = 16,
N = 16, one group) read the same normed input in parallel.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from transformers import FalconH1Config, FalconH1ForCausalLM

from series.tokenizer import BOS_ID, EOS_ID, PAD_ID, VOCABULARY

HEAD_WIDTH = 16
_STATE = 16
_EMBEDDING_STD = 0.05
# First step sizes of the scan, spread evenly in their logarithm over the heads.
_FIRST_DT = (0.02, 0.6)


@dataclass(frozen=True)
class SeriesSpec:
    """What sets one series apart. `science` is the science share of its rows."""

    name: str
    width: int
    layers: int
    feed_forward: int
    mamba_heads: int
    tied: bool
    gated_norm: bool
    chunk: int
    peak_lr: float
    science: float = 0.7

    @property
    def mix(self) -> str:
        share = f"{self.science:g} science / {1 - self.science:g} general (tokens)"
        return share if self.science else "general only"


SERIES = {
    spec.name: spec
    for spec in (
        SeriesSpec("small-deep", 32, 4, 80, 2, True, False, 16, 0.006),
        SeriesSpec("small-wide", 48, 2, 64, 3, True, True, 16, 0.006),
        SeriesSpec("base-deep", 48, 4, 64, 3, False, False, 32, 0.008),
        SeriesSpec("base-wide", 64, 2, 64, 4, False, True, 32, 0.008),
        SeriesSpec("small-deep-web", 32, 4, 80, 2, True, False, 16, 0.006, science=0.0),
    )
}


def multipliers(width: int) -> dict[str, Any]:
    """The muP multipliers; those that depend on the width are rounded to six decimals."""
    root = math.sqrt(width)
    return {
        "attention_in_multiplier": 1.0 if width == 32 else 0.9,
        "attention_out_multiplier": round(6 / root, 6),
        "embedding_multiplier": round(root, 6),
        "key_multiplier": round(3 / root, 6),
        "lm_head_multiplier": round(40 / width, 6),
        "mlp_multipliers": [0.884, round(4 / root, 6)],
        "ssm_in_multiplier": 1.25,
        "ssm_multipliers": [0.7, 0.5, 0.8, 0.9, 0.6],
        "ssm_out_multiplier": round(4 / root, 6),
    }


def config_fields(spec: SeriesSpec) -> dict[str, Any]:
    """The fields of config.json. `time_step_limit` is left out, as transformers writes its
    infinity in a form of its own; the default (0, inf) applies."""
    fields = multipliers(spec.width) | {
        "architectures": ["FalconH1ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": BOS_ID,
        "dtype": "bfloat16",
        "eos_token_id": EOS_ID,
        "head_dim": HEAD_WIDTH,
        "hidden_act": "silu",
        "hidden_size": spec.width,
        "initializer_range": _EMBEDDING_STD,
        "intermediate_size": spec.feed_forward,
        "mamba_chunk_size": spec.chunk,
        "mamba_conv_bias": True,
        "mamba_d_conv": 4,
        "mamba_d_head": HEAD_WIDTH,
        "mamba_d_ssm": spec.mamba_heads * HEAD_WIDTH,
        "mamba_d_state": _STATE,
        "mamba_expand": 2,
        "mamba_n_groups": 1,
        "mamba_n_heads": spec.mamba_heads,
        "mamba_norm_before_gate": False,
        "mamba_proj_bias": False,
        "mamba_rms_norm": spec.gated_norm,
        "max_position_embeddings": 512,
        "mlp_bias": False,
        "model_type": "falcon_h1",
        "num_attention_heads": 2,
        "num_hidden_layers": spec.layers,
        "num_key_value_heads": 1,
        "num_logits_to_keep": 1,
        "pad_token_id": PAD_ID,
        "projectors_bias": False,
        "rms_norm_eps": 1e-05,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
        "tie_word_embeddings": spec.tied,
        "transformers_version": transformers.__version__,
        "use_cache": True,
        "vocab_size": VOCABULARY,
    }
    return dict(sorted(fields.items()))


def build_model(spec: SeriesSpec, seed: int) -> FalconH1ForCausalLM:
    """A float32 model with first weights drawn from the seed: specs of equal shape start equal."""
    known = {"architectures", "dtype", "model_type", "transformers_version"}
    fields = {key: value for key, value in config_fields(spec).items() if key not in known}
    config = FalconH1Config(**fields, attn_implementation="eager")
    model = FalconH1ForCausalLM(config).to(torch.float32)
    _initialise(model, seed)
    return model


def parameter_count(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@torch.no_grad()
def _initialise(model: FalconH1ForCausalLM, seed: int) -> None:
    """Hidden matrices at std 1/sqrt(fan-in), embeddings, head and convolutions at 0.05, norms and
    D one, A = -1, -2, ... over the heads, biases zero."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if name.endswith("A_log"):
            weight.copy_(torch.arange(1, len(weight) + 1).log())
        elif name.endswith("dt_bias"):
            low, high = _FIRST_DT
            dt = torch.linspace(math.log(low), math.log(high), len(weight)).exp()
            weight.copy_(dt.expm1().log())  # the inverse of softplus
        elif name.endswith("bias"):
            weight.zero_()
        elif weight.ndim == 1:
            weight.fill_(1)
        else:
            hidden = weight.ndim == 2 and "embed_tokens" not in name and "lm_head" not in name
            std = weight.shape[1] ** -0.5 if hidden else _EMBEDDING_STD
            weight.normal_(0, std, generator=generator)
