"""The recurrent network: its layers for training, and the same layers as nodes of a graph."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from moodcurve.learn.models.losses import LOG_SPREAD_LIMITS
from moodcurve.learn.onnx_graph import Graph
from moodcurve.runtime.sequence import NEXT_STATE

Tensor = torch.Tensor
CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}
_GATES = {"gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}
"""Where each of ONNX's gates, in its order, stands in PyTorch's: z r h of r z n, and i o f c of i f g o."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of one network; see `moodcurve.learn.models.recurrent.RecurrentConfig`."""

    columns: int
    cell: str
    bidirectional: bool
    bottleneck: int
    hidden: int
    layers: int
    surroundings_units: int
    dropout: float
    input_dropout: float

    @property
    def directions(self) -> int:
        """How many ways the rows are read."""
        return 2 if self.bidirectional else 1

    @property
    def state_size(self) -> int:
        """Numbers that one network that reads forward remembers."""
        return self.layers * self.hidden * (2 if self.cell == "lstm" else 1)


class Network(nn.Module):
    """From preprocessed rows, and what surrounds them, to both axes and the logarithms of their spreads.

    Rows go through a narrow layer into recurrent cells; the surroundings, where there are any, through one
    hidden layer; both add up to the answer. The spreads are read off the same units, which do not learn from
    them: how sure the network is cannot change what it says.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.narrow = nn.Linear(shape.columns, shape.bottleneck)
        self.cells = CELLS[shape.cell](
            shape.bottleneck,
            shape.hidden,
            shape.layers,
            batch_first=True,
            bidirectional=shape.bidirectional,
            dropout=shape.dropout if shape.layers > 1 else 0.0,
        )
        units = shape.hidden * shape.directions + shape.surroundings_units
        if shape.surroundings_units:
            self.around = nn.Linear(2 * shape.columns, shape.surroundings_units)
        self.answer, self.log_spread = nn.Linear(units, 2), nn.Linear(units, 2)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, rows: Tensor, around: Tensor | None, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Give arousal and valence and their log spreads, (songs, n, 2) each.

        Parameters
        ----------
        rows : (songs, n, columns)
        around : (songs, n, 2 · columns) or None
            Or (songs, 1, 2 · columns), the same for all rows of a song.
        lengths : (songs,), optional
            Rows of each song, where some are filled up to n.
        """
        if self.training and self.shape.input_dropout:
            # whole columns of a song, not single values: its neighbours in time would give them away
            kept = torch.rand(len(rows), 1, rows.shape[2]) >= self.shape.input_dropout
            kept = kept / (1 - self.shape.input_dropout)
            rows = rows * kept
            around = around * torch.cat([kept, kept], dim=2) if around is not None else None
        units = self.dropout(self._read(self.dropout(torch.tanh(self.narrow(rows))), lengths))
        if around is not None:
            surrounded = self.dropout(torch.tanh(self.around(around)))
            units = torch.cat([units, surrounded.expand(-1, units.shape[1], -1)], dim=2)
        return self.answer(units), self.log_spread(units.detach()).clamp(*LOG_SPREAD_LIMITS)

    def _read(self, narrow: Tensor, lengths: Tensor | None) -> Tensor:
        if lengths is None or bool((lengths == narrow.shape[1]).all()):
            read: Tensor = self.cells(narrow)[0]
            return read
        packed = pack_padded_sequence(narrow, lengths, batch_first=True, enforce_sorted=False)
        read, _ = pad_packed_sequence(self.cells(packed)[0], batch_first=True, total_length=narrow.shape[1])
        return read


class Nodes:
    """One network's layers in a graph: `answers` adds them."""

    def __init__(self, graph: Graph, network: Network) -> None:
        self._graph, self._network, self._shape = graph, network, network.shape

    def answers(self, rows: str, around: str | None, state: str | None) -> tuple[str, str, list[str]]:
        """Add the network; gives the names of the answer, its spread, (n, 2) each, and of the state's parts.

        Parameters
        ----------
        rows, around : str
            Values in single precision, (n, columns) and (n, 2 · columns).
        state : str or None
            (1, size) of this network alone; None where it reads both ways.
        """
        graph, net = self._graph, self._network
        units, remembered = self._read(graph.add("Tanh", self._linear(rows, net.narrow)), state)
        if around is not None:
            units = graph.add("Concat", units, graph.add("Tanh", self._linear(around, net.around)), axis=1)
        log_spread = graph.add(
            "Clip", self._linear(units, net.log_spread), *(graph.single(np.float32(x)) for x in LOG_SPREAD_LIMITS)
        )
        return self._linear(units, net.answer), graph.add("Exp", log_spread), remembered

    def _linear(self, x: str, layer: nn.Linear) -> str:
        product = self._graph.add("MatMul", x, self._graph.single(_array(layer.weight).T))
        return self._graph.add("Add", product, self._graph.single(_array(layer.bias)))

    def _read(self, x: str, state: str | None) -> tuple[str, list[str]]:
        """Add the recurrent layers: (n, bottleneck) to (n, directions · hidden)."""
        graph, shape = self._graph, self._shape
        operator, kinds = ("GRU", 1) if shape.cell == "gru" else ("LSTM", 2)
        parts = self._parts(state)
        extra = {"linear_before_reset": 1} if shape.cell == "gru" else {}
        x = graph.add("Unsqueeze", x, graph.indices([1]))
        remembered = []
        for layer in range(shape.layers):
            begin = [next(parts) for _ in range(kinds)] if state is not None else []
            read, *left = graph.add_all(
                operator,
                x,
                *(graph.single(weights) for weights in self._weights(layer)),
                # the fifth input, lengths, is left out: all rows count
                *(["", *begin] if begin else []),
                outputs=1 + kinds,
                hidden_size=shape.hidden,
                direction="bidirectional" if shape.bidirectional else "forward",
                **extra,
            )
            remembered += left
            # (n, directions, 1, hidden) to (n, 1, directions · hidden)
            x = graph.add("Transpose", read, perm=[0, 2, 1, 3])
            x = graph.add("Reshape", x, graph.indices([0, 1, shape.directions * shape.hidden]))
        return graph.add("Squeeze", x, graph.indices([1])), remembered

    def _parts(self, state: str | None) -> Iterator[str]:
        """Cut a state (1, size) into the (1, 1, hidden) that each layer begins with."""
        graph, hidden = self._graph, self._shape.hidden
        for start in itertools.count(0, hidden):
            if state is None:
                return
            part = graph.add(
                "Slice", state, graph.indices([start]), graph.indices([start + hidden]), graph.indices([1])
            )
            yield graph.add("Unsqueeze", part, graph.indices([0]))

    def _weights(self, layer: int) -> tuple[npt.NDArray[np.float32], ...]:
        """Give a layer's W, R and B as ONNX wants them, one block a direction."""
        cells = self._network.cells
        suffixes = [f"_l{layer}", f"_l{layer}_reverse"][: self._shape.directions]

        def gathered(name: str) -> npt.NDArray[np.float32]:
            return np.stack([self._ordered(_array(getattr(cells, name + suffix))) for suffix in suffixes])

        bias = np.concatenate([gathered("bias_ih"), gathered("bias_hh")], axis=1)
        return gathered("weight_ih"), gathered("weight_hh"), bias

    def _ordered(self, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        gates = np.split(weights, len(_GATES[self._shape.cell]))
        return np.concatenate([gates[place] for place in _GATES[self._shape.cell]])


def join_states(graph: Graph, parts: list[str], size: int) -> None:
    """Declare what forward networks remember, (1, size) in all, as the graph's next state."""
    flat = [graph.add("Squeeze", part, graph.indices([0])) for part in parts]
    graph.give(NEXT_STATE, graph.add("Concat", *flat, axis=1), [1, size])


def _array(parameter: Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = parameter.detach().numpy()
    return array
