"""The code of the operations on lanes (``simd.py``), for the compiler: loaded only when it is.

No function here rounds differently on another machine, except :func:`muladd`.
"""

import operator
from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

from moodcurve.features.jit import LANES


class Lanes(types.Type):
    """The compiler's type of sixteen numbers."""

    def __init__(self, scalar: types.Float) -> None:
        self.scalar = scalar
        super().__init__(name=f"lanes of {scalar}")


def _vector(kind: Lanes) -> ir.VectorType:
    return ir.VectorType(ir.FloatType() if kind.scalar == types.float32 else ir.DoubleType(), LANES)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, _vector(kind))  # type: ignore[no-untyped-call]


# Types and code of the operators


def _broadcast(builder: Any, value: Any) -> Any:
    """Put one number into all lanes."""
    vector = ir.VectorType(value.type, LANES)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _operands(context: Any, builder: Any, signature: Any, arguments: Any) -> list[Any]:
    """Bring a lone number among the arguments into all lanes."""
    out = []
    for kind, value in zip(signature.args, arguments, strict=True):
        if isinstance(kind, Lanes):
            out.append(value)
        else:
            out.append(_broadcast(builder, context.cast(builder, value, kind, signature.return_type.scalar)))
    return out


def _result(a: types.Type, b: types.Type) -> Any:
    """Kind of the result of an operation on two lanes of one kind, or on lanes and a number; else None."""
    if isinstance(a, Lanes) and (a == b or isinstance(b, types.Number)):
        return a
    return b if isinstance(b, Lanes) and isinstance(a, types.Number) else None


def _define_operator(function: Callable[..., Any], instruction: str) -> None:
    """Give lanes an arithmetic operator."""

    @type_callable(function)
    def typing(context: Any) -> Callable[..., Any]:
        return _result

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*_operands(context, builder, signature, arguments))

    for kinds in ((Lanes, Lanes), (Lanes, types.Number), (types.Number, Lanes)):
        lower_builtin(function, *kinds)(lowering)  # type: ignore[no-untyped-call]


for _function, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _define_operator(_function, _instruction)


def _operation(typed: Callable[..., Any]) -> Callable[..., Any]:
    """Make an operation for compiled functions of what tells its types and its code."""
    return cast(Callable[..., Any], intrinsic(typed))


def _address(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """Address of the sixteen numbers at a row of a table, or from a place of a one-dimensional array on."""
    data = context.make_array(kind)(context, builder, array).data
    if kind.ndim == 2:
        index = builder.mul(index, ir.Constant(index.type, LANES))
    return builder.bitcast(builder.gep(data, [index]), _vector(Lanes(kind.dtype)).as_pointer())


@_operation
def load(typing: Any, array: Any, index: Any) -> Any:
    """Take row ``index`` of a table (n, 16), or the sixteen elements from there on of a one-dimensional array."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        index = context.cast(builder, arguments[1], signature.args[1], types.intp)
        place = _address(context, builder, signature.args[0], arguments[0], index)
        return builder.load(place, align=array.dtype.bitwidth // 8)

    return Lanes(array.dtype)(array, index), lowering


@_operation
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Put lanes into row ``index`` of a table (n, 16), or from there on into a one-dimensional array."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        index = context.cast(builder, arguments[1], signature.args[1], types.intp)
        place = _address(context, builder, signature.args[0], arguments[0], index)
        builder.store(arguments[2], place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, index, value), lowering


@_operation
def broadcast(typing: Any, number: Any) -> Any:
    """Put one number into all lanes."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _broadcast(builder, arguments[0])

    return Lanes(number)(number), lowering


@_operation
def to_double(typing: Any, a: Any) -> Any:
    """Single to double precision."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fpext(arguments[0], _vector(signature.return_type))

    return Lanes(types.float64)(a), lowering


@_operation
def to_single(typing: Any, a: Any) -> Any:
    """Double to single precision."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fptrunc(arguments[0], _vector(signature.return_type))

    return Lanes(types.float32)(a), lowering


def _intrinsic(builder: Any, name: str, vector: ir.VectorType, arguments: Any) -> Any:
    """Call what the machine does by itself."""
    kind = "f32" if isinstance(vector.element, ir.FloatType) else "f64"
    function = ir.FunctionType(vector, [vector] * len(arguments))
    full_name = f"llvm.{name}.v{LANES}{kind}"
    called = cgutils.get_or_insert_function(builder.module, function, full_name)  # type: ignore[no-untyped-call]
    return builder.call(called, arguments)


@_operation
def muladd(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Give a b + c, rounded once where the machine has such an instruction, else twice."""
    kind = next(x for x in (a, b, c) if isinstance(x, Lanes))

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = _vector(kind)
        return _intrinsic(builder, "fmuladd", vector, _operands(context, builder, signature, arguments))

    return kind(a, b, c), lowering


@_operation
def sqrt(typing: Any, a: Any) -> Any:
    """Square root."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = _vector(a)
        return _intrinsic(builder, "sqrt", vector, arguments)

    return a(a), lowering


@_operation
def maximum(typing: Any, a: Any, b: Any) -> Any:
    """Give the larger of two, lane by lane; b where one is NaN."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        left, right = _operands(context, builder, signature, arguments)
        return builder.select(builder.fcmp_ordered(">", left, right), left, right)

    return _result(a, b)(a, b), lowering


@_operation
def minimum(typing: Any, a: Any, b: Any) -> Any:
    """Give the smaller of two, lane by lane; b where one is NaN."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        left, right = _operands(context, builder, signature, arguments)
        return builder.select(builder.fcmp_ordered("<", left, right), left, right)

    return _result(a, b)(a, b), lowering


@_operation
def greater(typing: Any, a: Any, b: Any) -> Any:
    """Give 1 where a > b, else 0."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = _vector(signature.return_type)
        one, zero = (ir.Constant(vector, [float(x)] * LANES) for x in (1, 0))
        left, right = _operands(context, builder, signature, arguments)
        return builder.select(builder.fcmp_ordered(">", left, right), one, zero)

    return _result(a, b)(a, b), lowering


@_operation
def greater_mask(typing: Any, a: Any, b: Any) -> Any:
    """Give a whole number whose bit of value 2^l tells whether a > b in lane l."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.bitcast(builder.fcmp_ordered(">", *arguments), ir.IntType(LANES))
        return builder.zext(bits, ir.IntType(64))

    return types.int64(a, a), lowering


def _zip(builder: Any, arguments: Any, start: int) -> Any:
    order = [start + i // 2 + LANES * (i % 2) for i in range(LANES)]
    return builder.shuffle_vector(*arguments, ir.Constant(ir.VectorType(ir.IntType(32), LANES), order))


@_operation
def zip_low(typing: Any, a: Any, b: Any) -> Any:
    """Take the lower halves in turn: a0, b0, a1, b1 ... a7, b7."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _zip(builder, arguments, 0)

    return a(a, b), lowering


@_operation
def zip_high(typing: Any, a: Any, b: Any) -> Any:
    """Take the upper halves in turn: a8, b8, ... a15, b15."""

    def lowering(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _zip(builder, arguments, LANES // 2)

    return a(a, b), lowering
