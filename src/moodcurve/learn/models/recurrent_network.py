"""The recurrent network: its PyTorch layers for training, and the same layers in an ONNX graph."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from moodcurve.learn.models.losses import LOG_STD_LIMITS
from moodcurve.learn.onnx_graph import Graph
from moodcurve.runtime.sequence import NEXT_STATE

Tensor = torch.Tensor
CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}
_GATES = {"gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}
"""PyTorch's index of each gate in ONNX's order: z r h from r z n, and i o f c from i f g o."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of one network; see `moodcurve.learn.models.recurrent.RecurrentConfig`."""

    columns: int
    cell: str
    bidirectional: bool
    bottleneck: int
    hidden: int
    layers: int
    context_units: int
    dropout: float
    input_dropout: float

    @property
    def directions(self) -> int:
        """Number of directions in which the rows are read."""
        return 2 if self.bidirectional else 1

    @property
    def state_size(self) -> int:
        """Size of the state that a forward network carries from row to row."""
        return self.layers * self.hidden * (2 if self.cell == "lstm" else 1)


class Network(nn.Module):
    """Network from preprocessed rows and their context to both axes and the logarithms of their standard deviations.

    The rows pass through a narrow layer and recurrent cells, the context, if any, through one hidden layer; the outputs
    are linear in both. The standard deviations are predicted from the same units but do not train them, so that they
    cannot change the predictions.
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
        units = shape.hidden * shape.directions + shape.context_units
        if shape.context_units:
            self.context = nn.Linear(2 * shape.columns, shape.context_units)
        self.output, self.log_std = nn.Linear(units, 2), nn.Linear(units, 2)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, rows: Tensor, context: Tensor | None, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return arousal and valence and the logarithms of their standard deviations, (songs, n, 2) each.

        Parameters
        ----------
        rows : (songs, n, columns)
        context : (songs, n, 2 · columns) or None
            Or (songs, 1, 2 · columns), the same for all rows of a song.
        lengths : (songs,), optional
            Number of rows of each song before padding to n.
        """
        if self.training and self.shape.input_dropout:
            # drop whole columns of a song: single values could be inferred from neighboring rows
            mask = torch.rand(len(rows), 1, rows.shape[2]) >= self.shape.input_dropout
            mask = mask / (1 - self.shape.input_dropout)
            rows = rows * mask
            context = context * torch.cat([mask, mask], dim=2) if context is not None else None
        units = self.dropout(self._read(self.dropout(torch.tanh(self.narrow(rows))), lengths))
        if context is not None:
            hidden = self.dropout(torch.tanh(self.context(context)))
            units = torch.cat([units, hidden.expand(-1, units.shape[1], -1)], dim=2)
        return self.output(units), self.log_std(units.detach()).clamp(*LOG_STD_LIMITS)

    def _read(self, narrow: Tensor, lengths: Tensor | None) -> Tensor:
        if lengths is None or bool((lengths == narrow.shape[1]).all()):
            read: Tensor = self.cells(narrow)[0]
            return read
        packed = pack_padded_sequence(narrow, lengths, batch_first=True, enforce_sorted=False)
        read, _ = pad_packed_sequence(self.cells(packed)[0], batch_first=True, total_length=narrow.shape[1])
        return read


class GraphLayers:
    """Adds the layers of one network to a graph."""

    def __init__(self, graph: Graph, network: Network) -> None:
        self._graph, self._network, self._shape = graph, network, network.shape

    def add(self, rows: str, context: str | None, state: str | None) -> tuple[str, str, list[str]]:
        """Add the network; return the names of its outputs, their standard deviations, and its states.

        Parameters
        ----------
        rows, context : str
            Values in single precision, (n, columns) and (n, 2 · columns).
        state : str or None
            State (1, size) of this network; None if it reads in both directions.
        """
        graph, net = self._graph, self._network
        units, states = self._read(graph.add("Tanh", self._linear(rows, net.narrow)), state)
        if context is not None:
            units = graph.add("Concat", units, graph.add("Tanh", self._linear(context, net.context)), axis=1)
        log_std = graph.add(
            "Clip", self._linear(units, net.log_std), *(graph.constant_float32(np.float32(x)) for x in LOG_STD_LIMITS)
        )
        return self._linear(units, net.output), graph.add("Exp", log_std), states

    def _linear(self, x: str, layer: nn.Linear) -> str:
        product = self._graph.add("MatMul", x, self._graph.constant_float32(_array(layer.weight).T))
        return self._graph.add("Add", product, self._graph.constant_float32(_array(layer.bias)))

    def _read(self, x: str, state: str | None) -> tuple[str, list[str]]:
        """Add the recurrent layers; return (n, directions · hidden) for (n, bottleneck), and their last states."""
        graph, shape = self._graph, self._shape
        operator, kinds = ("GRU", 1) if shape.cell == "gru" else ("LSTM", 2)
        parts = self._parts(state)
        attributes = {"linear_before_reset": 1} if shape.cell == "gru" else {}
        x = graph.add("Unsqueeze", x, graph.indices([1]))
        states = []
        for layer in range(shape.layers):
            initial = [next(parts) for _ in range(kinds)] if state is not None else []
            read, *last = graph.add_multiple(
                operator,
                x,
                *(graph.constant_float32(weights) for weights in self._weights(layer)),
                # the fifth input, the sequence lengths, is omitted: all rows are valid
                *(["", *initial] if initial else []),
                outputs=1 + kinds,
                hidden_size=shape.hidden,
                direction="bidirectional" if shape.bidirectional else "forward",
                **attributes,
            )
            states += last
            # (n, directions, 1, hidden) to (n, 1, directions · hidden)
            x = graph.add("Transpose", read, perm=[0, 2, 1, 3])
            x = graph.add("Reshape", x, graph.indices([0, 1, shape.directions * shape.hidden]))
        return graph.add("Squeeze", x, graph.indices([1])), states

    def _parts(self, state: str | None) -> Iterator[str]:
        """Split a state (1, size) into the initial states (1, 1, hidden) of the layers."""
        graph, hidden = self._graph, self._shape.hidden
        for start in itertools.count(0, hidden):
            if state is None:
                return
            part = graph.add(
                "Slice", state, graph.indices([start]), graph.indices([start + hidden]), graph.indices([1])
            )
            yield graph.add("Unsqueeze", part, graph.indices([0]))

    def _weights(self, layer: int) -> tuple[npt.NDArray[np.float32], ...]:
        """Return W, R and B of a layer as ONNX expects them, one block per direction."""
        cells = self._network.cells
        suffixes = [f"_l{layer}", f"_l{layer}_reverse"][: self._shape.directions]

        def gathered(name: str) -> npt.NDArray[np.float32]:
            return np.stack([self._ordered(_array(getattr(cells, name + suffix))) for suffix in suffixes])

        bias = np.concatenate([gathered("bias_ih"), gathered("bias_hh")], axis=1)
        return gathered("weight_ih"), gathered("weight_hh"), bias

    def _ordered(self, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        gates = np.split(weights, len(_GATES[self._shape.cell]))
        return np.concatenate([gates[index] for index in _GATES[self._shape.cell]])


def join_states(graph: Graph, parts: list[str], size: int) -> None:
    """Add the concatenated states of forward networks, (1, size), as the graph's next state."""
    flat = [graph.add("Squeeze", part, graph.indices([0])) for part in parts]
    graph.add_output(NEXT_STATE, graph.add("Concat", *flat, axis=1), [1, size])


def _array(parameter: Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = parameter.detach().numpy()
    return array
