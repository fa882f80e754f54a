"""Causal transformer blocks whose last layer can be asked for one position only.

Legend: B customers, H heads, T positions, d width, e = d / H. All attention is causal, so padding on the right
never reaches a real position and needs no mask.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from shopwindow.errors import ConfigError

Activation = Literal["gelu", "relu", "swiglu"]
Norm = Literal["pre", "post"]


@dataclass(frozen=True, kw_only=True)
class BlockConfig:
    """`widen`: hidden width of the feed-forward part, in multiples of `dim`."""

    dim: int = 64
    heads: int = 2
    widen: int = 1
    activation: Activation = "gelu"
    norm: Norm = "pre"
    dropout: float = 0.1
    rotary: bool = False

    def __post_init__(self) -> None:
        if self.dim % self.heads or (self.rotary and self.dim // self.heads % 2):
            raise ConfigError(
                f"dim {self.dim} with {self.heads} heads: expected dim to be a multiple of heads"
                + (", and an even width per head for rotary positions" if self.rotary else "")
            )


class Block(nn.Module):
    """Self-attention, then feed-forward, each with a residual and a norm before (pre) or after (post) it."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.config = config
        self.attend_norm, self.forward_norm = nn.LayerNorm(config.dim), nn.LayerNorm(config.dim)
        self.query = nn.Linear(config.dim, config.dim)
        self.key_value = nn.Linear(config.dim, 2 * config.dim)
        self.out = nn.Linear(config.dim, config.dim)
        self.feed_forward = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """[B, T, d] -> [B, T, d]. `bias`: added to the attention logits, [H, T, T] or [B, H, T, T]."""
        source = self.attend_norm(x) if self.config.norm == "pre" else x
        return self._finish(x, self._attend(source, source, bias, None))

    def last(self, x: Tensor, at: Tensor, bias: Tensor | None) -> Tensor:
        """[B, T, d] -> [B, d]: what `forward` gives at position `at [B]`, computed for that position alone."""
        source = self.attend_norm(x) if self.config.norm == "pre" else x
        here = at[:, None, None].expand(-1, 1, x.shape[2])
        if bias is not None and bias.dim() == 3:
            bias = bias.transpose(0, 1)[at][:, :, None, :]  # [B, H, 1, T]
        elif bias is not None:
            bias = bias.gather(2, at[:, None, None, None].expand(-1, bias.shape[1], 1, bias.shape[3]))
        mixed = self._attend(source.gather(1, here), source, bias, at)
        return self._finish(x.gather(1, here), mixed)[:, 0]

    def _attend(self, queries: Tensor, source: Tensor, bias: Tensor | None, at: Tensor | None) -> Tensor:
        query = self._heads(self.query(queries))
        key, value = self.key_value(source).chunk(2, dim=-1)
        key, value = self._heads(key), self._heads(value)
        places = torch.arange(source.shape[1], device=source.device)
        here = places[None, :] if at is None else at[:, None]
        if self.config.rotary:
            query, key = _rotate(query, here), _rotate(key, places[None, :])
        mask = None
        if bias is not None or at is not None:
            seen = places[None, None, :] <= here[:, :, None]  # [1 or B, T or 1, T]
            mask = torch.zeros_like(seen, dtype=query.dtype).masked_fill(~seen, -1e9)[:, None]
            mask = mask if bias is None else (mask + bias).to(query.dtype)
        mixed = _mixed(query, key, value, mask)
        result: Tensor = self.out(mixed.transpose(1, 2).reshape(queries.shape))
        return result

    def _finish(self, x: Tensor, mixed: Tensor) -> Tensor:
        x = x + self.dropout(mixed)
        if self.config.norm == "pre":
            x = x + self.dropout(self.feed_forward(self.forward_norm(x)))
        else:
            x = self.attend_norm(x)
            x = self.forward_norm(x + self.dropout(self.feed_forward(x)))
        return x

    def _heads(self, x: Tensor) -> Tensor:
        width = self.config.dim // self.config.heads
        return x.view(x.shape[0], x.shape[1], self.config.heads, width).transpose(1, 2)


class FeedForward(nn.Module):
    """Two linear layers with the chosen activation between them."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.activation = config.activation
        wide = config.dim * config.widen
        self.inner = nn.Linear(config.dim, 2 * wide if config.activation == "swiglu" else wide)
        self.outer = nn.Linear(wide, config.dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.inner(x)
        if self.activation == "swiglu":
            value, gate = hidden.chunk(2, dim=-1)
            hidden = value * F.silu(gate)
        else:
            hidden = F.gelu(hidden) if self.activation == "gelu" else F.relu(hidden)
        result: Tensor = self.outer(self.dropout(hidden))
        return result


def _mixed(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax attention [B, H, T, e]; without a mask it is causal."""
    if mask is None or not torch.compiler.is_exporting():
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=mask is None)
    # spelled out for ONNX: the fused kernel's memory layout cannot be exported with a dynamic length
    logits = query @ key.transpose(2, 3) / math.sqrt(query.shape[3]) + mask
    return torch.softmax(logits, dim=-1) @ value


def _rotate(x: Tensor, places: Tensor) -> Tensor:
    """Rotary positions (Su et al., "RoFormer", 2021). `x [B, H, T, e]`, `places [1 or B, T]`."""
    half = x.shape[-1] // 2
    rates = torch.exp(torch.arange(half, device=x.device) * (-math.log(10_000.0) / half))
    angles = (places[:, None, :, None] * rates).to(x.dtype)
    one, two = x[..., :half], x[..., half:]
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([one * cos - two * sin, two * cos + one * sin], dim=-1)
