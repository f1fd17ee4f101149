"""Models of random weights in the shapes of published ones, made by transformers."""

from pathlib import Path

# What the random models are made of; letters as in the project: D, F, L, H, K, P, then M, X, N.
GEOMETRIES = {
    "falcon-h1-0.5b": dict(D=1024, F=2048, L=36, H=8, K=2, P=64, M=24, X=64, N=128),
    "falcon-h1-1.5b": dict(D=2048, F=4608, L=24, H=8, K=2, P=128, M=48, X=64, N=256),
    "smollm2-135m": dict(D=576, F=1536, L=30, H=9, K=3, P=64),
}


def make_model(geometry: str, vocabulary: int, folder: Path) -> None:
    import torch
    import transformers

    g = GEOMETRIES[geometry]
    shared = dict(
        vocab_size=vocabulary,
        hidden_size=g["D"],
        intermediate_size=g["F"],
        num_hidden_layers=g["L"],
        num_attention_heads=g["H"],
        num_key_value_heads=g["K"],
        head_dim=g["P"],
        max_position_embeddings=16384,
        tie_word_embeddings="M" not in g,
    )
    torch.manual_seed(1)
    if "M" in g:
        hybrid = dict(
            mamba_n_heads=g["M"],
            mamba_d_head=g["X"],
            mamba_d_ssm=g["M"] * g["X"],
            mamba_d_state=g["N"],
            mamba_n_groups=1,
            mamba_rms_norm=False,
            mamba_norm_before_gate=False,
            lm_head_multiplier=40 / g["D"],
            ssm_in_multiplier=1280 / g["D"],
            attention_in_multiplier=1.0,
        )
        config = transformers.FalconH1Config(**shared, **hybrid)
        model = transformers.FalconH1ForCausalLM(config)
    else:
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**shared))
    model.to(torch.bfloat16).save_pretrained(folder)
