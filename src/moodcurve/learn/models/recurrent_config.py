"""Settings of recurrent networks."""

from dataclasses import dataclass, field

from moodcurve.learn.config import check
from moodcurve.learn.models.recurrent_network import CELLS, Shape
from moodcurve.learn.preprocessing.context import ContextStatistics
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig

MAX_UNITS = 4096
"""Maximum units of a layer: with two directions and three gates, 100 million weights."""
WINDOW_ROWS, MARGIN_ROWS = 1200, 240
"""Recordings of up to ten minutes are read at once, longer ones in windows with a margin of two minutes."""


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig:
    """Settings of the networks and their training.

    The defaults were compared on all of DEAM, in five folds with disjoint artists other than those of the protocol
    ``deam``. That protocol's scores are therefore slightly optimistic for them.

    Attributes
    ----------
    cell : str
        Type of the recurrent cells: ``gru`` or ``lstm``.
    bidirectional : bool
        Read each song in both directions; false reads forward only, for live use.
    bottleneck : int
        Units of the tanh layer between the columns and the cells.
    hidden : int
        Cells per layer and direction.
    layers : int
        Number of recurrent layers.
    context_rows : int
        Length of the context on each side, in rows of half a second; 0 for none. The mean and standard deviation of
        these rows are further inputs of each row. Training uses the whole window instead. Must be 0 if the network
        reads forward only.
    context_units : int
        Units of the tanh layer that reads the context.
    networks : int
        Number of networks with different initial weights, whose outputs are averaged.
    ccc_weight : float
        Loss weight of 1 - CCC over all rated rows of a batch.
    error_weight : float
        Loss weight of the mean squared error.
    trajectory_weight : float
        Loss weight of the mean squared error after subtracting each song's mean.
    residual_weight : float
        Loss weight of 1 - CCC of the part of valence that arousal does not explain. See
        `moodcurve.learn.models.losses`.
    weigh_by_agreement : bool
        Weight songs in the loss by the agreement of their raters.
    dropout : float
        Dropout rate of the layers, in [0, 1).
    input_dropout : float
        Dropout rate of the input columns, in [0, 1).
    window_rows : int
        Length of the random window of each song in a training step, in rows of half a second. The default is about
        half of a DEAM clip, so that windows also start among the rated rows and beginnings are learned.
    batch_size : int
        Songs per training step.
    learning_rate : float
        Highest learning rate of Adam. It rises during the first fifth of training and falls to nearly 0 at the end.
    weight_decay : float
        Decoupled weight decay of Adam.
    epochs : int
        Number of passes over the training songs.
    preprocessing : PreprocessingConfig
        Steps between the features and the model.
    """

    cell: str = "gru"
    bidirectional: bool = True
    bottleneck: int = 32
    hidden: int = 32
    layers: int = 1
    context_rows: int = 60
    context_units: int = 48
    networks: int = 5
    ccc_weight: float = 1.0
    error_weight: float = 1.0
    trajectory_weight: float = 0.0
    residual_weight: float = 0.5
    weigh_by_agreement: bool = False
    dropout: float = 0.5
    input_dropout: float = 0.2
    window_rows: int = 50
    batch_size: int = 32
    learning_rate: float = 4e-3
    weight_decay: float = 1e-3
    epochs: int = 20
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)

    def __post_init__(self) -> None:
        check(self.cell in CELLS, "cell", f"one of {', '.join(CELLS)}", self.cell)
        for key in ("bottleneck", "hidden", "context_units"):
            value = getattr(self, key)
            check(1 <= value <= MAX_UNITS, key, f"from 1 to {MAX_UNITS}", value)
        limit = (MARGIN_ROWS - 1) if self.bidirectional else 0
        accepted = f"from 0 to {limit}" if self.bidirectional else "0 if bidirectional is false"
        check(0 <= self.context_rows <= limit, "context_rows", accepted, self.context_rows)
        for key in ("layers", "networks", "batch_size", "epochs"):
            check(getattr(self, key) >= 1, key, "1 or more", getattr(self, key))
        check(self.window_rows >= 2, "window_rows", "2 or more", self.window_rows)
        weights = ("ccc_weight", "error_weight", "trajectory_weight", "residual_weight")
        for key in (*weights, "weight_decay"):
            check(getattr(self, key) >= 0, key, "0 or positive", getattr(self, key))
        terms = any(getattr(self, key) for key in weights[:2])
        check(terms, "error_weight", "positive if ccc_weight is 0", self.error_weight)
        for key in ("dropout", "input_dropout"):
            check(0 <= getattr(self, key) < 1, key, "in [0, 1)", getattr(self, key))
        check(self.learning_rate > 0, "learning_rate", "positive", self.learning_rate)

    @property
    def context(self) -> ContextStatistics | None:
        """Statistics of the rows around each row."""
        return ContextStatistics(self.context_rows) if self.context_rows else None

    def shape(self, columns: int) -> Shape:
        """Return the sizes of a network that reads preprocessed rows of `columns` columns."""
        return Shape(
            columns=columns,
            cell=self.cell,
            bidirectional=self.bidirectional,
            bottleneck=self.bottleneck,
            hidden=self.hidden,
            layers=self.layers,
            context_units=self.context_units if self.context_rows else 0,
            dropout=self.dropout,
            input_dropout=self.input_dropout,
        )


@dataclass(frozen=True, kw_only=True)
class LSTMConfig(RecurrentConfig):
    """The same settings, with LSTM cells by default."""

    cell: str = "lstm"


@dataclass(frozen=True, kw_only=True)
class ForwardConfig(RecurrentConfig):
    """The same settings, for live use by default: the network reads past rows only."""

    bidirectional: bool = False
    context_rows: int = 0
