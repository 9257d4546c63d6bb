"""How a derivation is damaged for a test: one step decided with a changed side or a changed rule."""

from dataclasses import replace

from ndk_sym.prove import Identity
from ndk_sym.statement import Context


def step(id, module):
    """The step of the module's derivation with this id."""
    (found,) = [one for one in module.DERIVATION.steps if one.id == id]
    return found


def decide(one, **changes):
    """The status of a step, with fields of its statement changed."""
    return (one.check or Identity())(replace(one.statement, **changes), Context(50)).status


def with_lhs(one, change):
    """The status of a step with a changed left side; the change must change something."""
    wrong = change(one.statement.lhs)
    assert wrong != one.statement.lhs
    return decide(one, lhs=wrong)


def with_rhs(one, change):
    """The status of a step with a changed right side; the change must change something."""
    wrong = change(one.statement.rhs)
    assert wrong != one.statement.rhs
    return decide(one, rhs=wrong)


def with_rule(one, which, change):
    """The status of a step with the meaning of one of its rules changed; the change must change something."""
    rules = list(one.statement.given)
    rules[which] = (rules[which][0], change(rules[which][1]))
    assert tuple(rules) != one.statement.given
    return decide(one, given=tuple(rules))
