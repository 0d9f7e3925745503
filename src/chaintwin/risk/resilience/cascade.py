"""Cascade index of a network of firms: how much output the failure of one firm takes with it, downstream and upstream.

Everything is kept as a loss, 1 - h, so that small losses keep their digits. Failures are solved in blocks, one column each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers, check_whole, refusal

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]

SETTLED = 1e-12
"""Change of a loss in a round below which it has settled; where a round keeps 0.99 of it, 1e-10 is then still missing."""

ROUNDS_MAX = 20_000
"""Rounds until the losses of a cycle must have settled; a cycle that keeps 0.999 of a loss a round does."""

BLOCK = 64
"""Failures solved together; a block of 20,000 firms then takes some 10 MB."""


@dataclass(frozen=True, slots=True)
class FirmNetwork:
    """Who supplies whom with how much of what.

    Parameters
    ----------
    suppliers, buyers : int64[flows]; indices of firms. Flows between the same two firms add up.
    volumes : float64[flows], 0 or more, in money per period.
    products : class of product of each firm, str[firms].
    final_sales : float64[firms], 0 or more; sales to consumers, in the unit of the volumes.
    replaceability : float64[firms], 0 to 1; share of a supplier's volume that its buyers cannot replace (1: not at all).
    essential : by index of a buyer, classes of products without which it cannot produce; others only reduce its output by their
        share of all its inputs. A buyer that is not listed has no essential inputs; None makes every input of everyone essential.

    Raises
    ------
    UsageError : an index, a number or a length does not fit.
    """

    suppliers: NDArray[np.int64]
    buyers: NDArray[np.int64]
    volumes: Array
    products: tuple[str, ...]
    final_sales: Array
    replaceability: Array
    essential: Mapping[int, Collection[str]] | None

    def __post_init__(self) -> None:
        count = len(self.products)
        check_numbers("final_sales", self.final_sales, low=0.0, size=count)
        check_numbers("replaceability", self.replaceability, low=0.0, high=1.0, size=count)
        if self.volumes.size:
            check_numbers("volumes", self.volumes, low=0.0)
        for name, ends in (("suppliers", self.suppliers), ("buyers", self.buyers)):
            if ends.shape != self.volumes.shape:
                raise UsageError(f"{name}: found {ends.size:,} flows; allowed: {self.volumes.size:,}, as many as volumes")
            is_bad = (ends < 0) | (ends >= count)
            if is_bad.any():
                raise refusal(f"{name}[{int(np.argmax(is_bad))}]", int(ends[is_bad][0]), allowed=f"0 to {count - 1:,}")
        for buyer in self.essential or ():
            check_whole("essential", buyer, high=count - 1)

    @property
    def firm_count(self) -> int:
        """Return the number of firms."""
        return len(self.products)

    @property
    def output_shares(self) -> Array:
        """Return each firm's share of all output, float64[firms], 1 in sum; 0 if nothing is sold at all."""
        output = np.bincount(self.suppliers, self.volumes, minlength=self.firm_count) + self.final_sales
        total = output.sum()
        return np.asarray(output / total if total > 0 else output)


@dataclass(frozen=True, slots=True)
class Cascade:
    """What is left of each firm's production after some failed.

    Parameters
    ----------
    downstream : float64[firms], 0 to 1; production that inputs still allow.
    upstream : float64[firms], 0 to 1; production that is still asked for.
    """

    downstream: Array
    upstream: Array

    @property
    def level(self) -> Array:
        """Return the production left, float64[firms], 0 to 1."""
        return np.minimum(self.downstream, self.upstream)


def cascade(network: FirmNetwork, remaining: ArrayLike) -> Cascade:
    """Return what is left of every firm when some can only produce a part.

    Parameters
    ----------
    network : the firms.
    remaining : float[firms], 0 to 1; production each firm is still able to by itself: 0 for one that failed, 1 for one that did
        not.

    Returns
    -------
    The fixed point, reached from full production.

    Raises
    ------
    UsageError : a number is out of its range, or losses in a cycle do not settle.

    Example
    -------
    >>> chain = firm_network([0, 1], [1, 2], volumes=[5, 8], products=["a", "b", "c"], final_sales=[0, 2, 9])
    >>> cascade(chain, [1, 0, 1]).level.tolist()
    [0.0, 0.0, 0.0]

    Source: adapted from Diem, Borsos, Reisch, Kertesz & Thurner 2022, "Quantifying firm-level economic systemic risk".
    """
    able = check_numbers("remaining", remaining, low=0.0, high=1.0, size=network.firm_count)
    down, up = _losses(_system(network), (1 - able)[:, None])
    return Cascade(1 - down[:, 0], 1 - up[:, 0])


def downstream_of(network: FirmNetwork, remaining: Array) -> Array:
    """Return the production that inputs still allow in several cases at once, as ``cascade`` does of one, float64[firms, cases].

    Parameters
    ----------
    network : the firms.
    remaining : float64[firms, cases], 0 to 1; production each firm is still able to by itself. Memory is in proportion to its
        size; a block of ``BLOCK`` cases is soon solved.

    Raises
    ------
    UsageError : losses in a cycle do not settle.

    Example
    -------
    >>> chain = firm_network([0, 1], [1, 2], volumes=[5, 8], products=["a", "b", "c"], final_sales=[0, 2, 9])
    >>> downstream_of(chain, np.array([[1.0, 0.5], [0.0, 1.0], [1.0, 1.0]])).T.tolist()
    [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5]]
    """
    return np.asarray(1 - _down(_system(network), 1 - remaining))


def cascade_index(network: FirmNetwork, *, firms: Sequence[int] | None = None) -> Array:
    """Return the share of all output that the failure of each firm takes with it, itself included.

    Parameters
    ----------
    network : the firms.
    firms : indices of the firms to fail; None takes every one.

    Returns
    -------
    float64[firms asked for], 0 to 1. Time is in proportion to flows times failures times rounds: about 40 ms a failure with
    100,000 flows where a round keeps 0.8 of a loss, much more where nothing can be replaced. Memory is in proportion to firms and
    flows.

    Raises
    ------
    UsageError : an index is out of its range, or losses in a cycle do not settle.

    Example
    -------
    >>> chain = firm_network([0, 1], [1, 2], volumes=[5, 8], products=["a", "b", "c"], final_sales=[0, 2, 9])
    >>> cascade_index(chain).round(3).tolist()
    [1.0, 1.0, 0.875]

    Source: adapted from Diem et al. 2022 (economic systemic risk index).
    """
    failures = np.arange(network.firm_count) if firms is None else np.array(firms, dtype=np.int64).reshape(-1)
    for firm in failures[(failures < 0) | (failures >= network.firm_count)][:1]:
        raise refusal("firms", int(firm), allowed=f"0 to {network.firm_count - 1:,}")
    system = _system(network)
    shares = network.output_shares
    index = np.empty(failures.size)
    for first in range(0, failures.size, BLOCK):
        block = failures[first : first + BLOCK]
        failed = np.zeros((network.firm_count, block.size))
        failed[block, np.arange(block.size)] = 1.0
        down, up = _losses(system, failed)
        index[first : first + BLOCK] = shares @ np.maximum(down, up)
    return index


def firm_network(
    suppliers: ArrayLike,
    buyers: ArrayLike,
    *,
    volumes: ArrayLike,
    products: Sequence[str],
    final_sales: ArrayLike,
    replaceability: ArrayLike | None = None,
    essential: Mapping[int, Collection[str]] | None = None,
) -> FirmNetwork:
    """Return a network of firms from plain lists.

    Parameters
    ----------
    suppliers, buyers, volumes, products, final_sales, essential : as in `FirmNetwork`.
    replaceability : as there; None means that no supplier can be replaced.

    Raises
    ------
    UsageError : an index, a number or a length does not fit.

    Example
    -------
    >>> firm_network([0], [1], volumes=[5], products=["a", "b"], final_sales=[0, 9]).output_shares.round(3).tolist()
    [0.357, 0.643]
    """
    count = len(products)
    return FirmNetwork(
        suppliers=np.array(suppliers, dtype=np.int64).reshape(-1),
        buyers=np.array(buyers, dtype=np.int64).reshape(-1),
        volumes=np.array(volumes, dtype=np.float64).reshape(-1),
        products=tuple(products),
        final_sales=np.array(final_sales, dtype=np.float64),
        replaceability=np.ones(count) if replaceability is None else np.array(replaceability, dtype=np.float64),
        essential=essential,
    )


@dataclass(frozen=True, slots=True)
class _System:
    """The losses of a round from those of the round before.

    classes : a row for each (buyer, essential class), with the shares of its suppliers in it; sorted by buyer.
    starts, owners : first row of each buyer that has any, and the buyer.
    others : firm by firm, the shares of inputs that are not essential in all inputs of the buyer.
    demand : firm by firm, the shares of buyers in the sales of the supplier.
    """

    classes: csr_array
    starts: NDArray[np.int64]
    owners: NDArray[np.int64]
    others: csr_array
    demand: csr_array


def _system(network: FirmNetwork) -> _System:
    from scipy.sparse import csr_array

    count = network.firm_count
    used = network.volumes > 0
    suppliers, buyers, volumes = network.suppliers[used], network.buyers[used], network.volumes[used]
    names = {name: number for number, name in enumerate(dict.fromkeys(network.products))}
    kinds = np.array([names[name] for name in network.products], dtype=np.int64)
    key = buyers * len(names) + kinds[suppliers]
    groups, group = np.unique(key, return_inverse=True)
    is_essential = np.ones(groups.size, dtype=bool)
    if network.essential is not None:
        wanted = {
            buyer * len(names) + names[kind] for buyer, needed in network.essential.items() for kind in needed if kind in names
        }
        is_essential = np.isin(groups, np.fromiter(wanted, dtype=np.int64, count=len(wanted)))
    lost = network.replaceability[suppliers] * volumes
    within = lost / np.bincount(group, volumes, minlength=groups.size)[group]
    of_inputs = lost / np.bincount(buyers, volumes, minlength=count)[buyers]
    flow_is_essential = is_essential[group]
    row_of = np.cumsum(is_essential) - 1
    owner_of_row = groups[is_essential] // len(names)
    owners, starts = np.unique(owner_of_row, return_index=True)
    sales = np.bincount(suppliers, volumes, minlength=count) + network.final_sales
    mask = flow_is_essential
    return _System(
        classes=csr_array((within[mask], (row_of[group[mask]], suppliers[mask])), shape=(int(is_essential.sum()), count)),
        starts=starts.astype(np.int64),
        owners=owners.astype(np.int64),
        others=csr_array((of_inputs[~mask], (buyers[~mask], suppliers[~mask])), shape=(count, count)),
        demand=csr_array((volumes / sales[suppliers], (suppliers, buyers)), shape=(count, count)),
    )


def _losses(system: _System, failed: Array) -> tuple[Array, Array]:
    """Return the losses of production downstream and upstream, float64[firms, failures], of the losses by themselves."""

    def next_up(loss: Array) -> Array:
        return np.asarray(np.minimum(np.maximum(system.demand @ loss, failed), 1.0))

    return _down(system, failed), _settled(next_up, failed)


def _down(system: _System, failed: Array) -> Array:
    """Return the losses downstream."""

    def next_down(loss: Array) -> Array:
        found = np.maximum(system.others @ loss, failed)
        if system.owners.size:
            worst = np.maximum.reduceat(system.classes @ loss, system.starts, axis=0)
            found[system.owners] = np.maximum(found[system.owners], worst)
        return np.asarray(np.minimum(found, 1.0))

    return _settled(next_down, failed)


def _settled(step: Callable[[Array], Array], failed: Array) -> Array:
    """Return the losses that a round leaves as they are."""
    loss = failed
    for _ in range(ROUNDS_MAX):
        before, loss = loss, step(loss)
        if float(np.abs(loss - before).max(initial=0.0)) < SETTLED:
            return loss
    raise UsageError(
        f"network: found losses in a cycle that still grow after {ROUNDS_MAX:,} rounds;"
        " allowed: cycles that pass on less than they get; fix: give their firms final sales or replaceable suppliers"
    )
