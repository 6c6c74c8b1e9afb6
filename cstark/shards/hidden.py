"""The secret of a run in shards that hides its traces: when it may be used again, and when not.

`cstark.protocol.shards.secrets` says why: under one secret challenges may be drawn from one list of
heads, once. Without a folder a secret lives as long as the call. In a folder there are

========== =========================================================================================
``secret`` the secret, for its owner's eyes alone; written before any head is made with it, removed
           when the run ends well
``drawn``  which secret's heads z and alpha were drawn from, and the state of the transcript
           afterwards, which binds all these heads; on disk before any second half is begun
========== =========================================================================================

and the digests of heads and shards (`cstark.shards.folder`) are over the secret's name as well, so
that those of another one are not mistaken for its own, whenever a program dies. Of a call that
finds a folder:

* no secret, or what is none: a new one, and every shard from its beginning; unless the run is
  finished, and all of it is there;
* a secret, and nothing drawn with it: heads that are there are used, missing ones made. Nobody has
  seen anything that was made with the secret, so that it does not matter what has changed;
* a secret, and something drawn with it: if all heads are there, and lead to the same challenges,
  the second halves that are missing are made, the same whoever makes them. If not, or if a head
  turns out to be of other traces, a new secret, and every shard from its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cstark.errors import TraceError
from cstark.protocol.shards.challenges import Place
from cstark.protocol.shards.secrets import RunSecret, ShardSecret
from cstark.shards.folder import ShardFolder

__all__ = ["Hidden"]


class Hidden:
    """The secret of a run, and what it is bound to.

    Parameters
    ----------
    statement : bytes
        32 bytes that name the key, the statement and the number of shards.
    folder : ShardFolder or None
    insecure_seed : bytes or None
        In the place of a fresh secret. For tests.

    Raises
    ------
    OptionsError
        The seed is not 32 bytes.
    """

    def __init__(
        self, statement: bytes, folder: ShardFolder | None, insecure_seed: bytes | None
    ) -> None:
        self._statement, self._folder, self._seed = statement, folder, insecure_seed
        self._secret: RunSecret | None = None
        self._drawn: bytes | None = None  # the state of the challenges drawn with it
        self._told_apart = False  # shards without messages from the others, in this call
        if folder is None:
            self._secret = RunSecret(insecure_seed)
            return
        self._secret, drawn = folder.secret(), folder.drawn()
        if self._secret is None and drawn is None:
            self.begin()
            return
        if self._secret is not None:
            name = self._secret.name
        else:
            name = drawn[0] if drawn else ""
        folder.use(name)
        if drawn is not None and drawn[0] in (name, ""):
            self._drawn = drawn[1]
        elif folder.has_shards():  # of which `drawn` must have said from what
            self._drawn = b""

    def of(self, place: Place) -> ShardSecret | None:
        """The secret of a shard; None when all shards are finished."""
        return None if self._secret is None else self._secret.of(place, self._statement)

    def admit(self, heads: int, count: int) -> bool:
        """Whether heads that were found may be used; if not, the secret is another one now.

        Parameters
        ----------
        heads : int
            How many were found.
        count : int
            How many there are to be.
        """
        if heads == count or (self._secret is not None and self._drawn is None):
            return True
        self.begin()
        return False

    def settle(self, silent: Sequence[int], state: bytes, finished: Callable[[], bool]) -> bool:
        """Whether second halves may be made; if not, the secret is another one now.

        Parameters
        ----------
        silent : sequence of int
            Shards without messages.
        state : bytes
            Of the transcript of all heads, after the challenges have been drawn.
        finished : callable
            Says whether every shard is there already, whole.

        Raises
        ------
        TraceError
            Which shards have messages changes from call to call.
        """
        if self._secret is None:
            if finished():  # shards say which state they have met
                return True
            self.begin(silent)
            return False
        if tuple(silent) != self._secret.silent:
            # Masks of sums cancel among those that have sums, which is only known now.
            if self._told_apart:
                raise TraceError(
                    "some shards have messages at one call and none at another; what makes the "
                    "traces of a shard must make the same ones each time it is called"
                )
            self._told_apart = True
            self.begin(silent)
            return False
        if self._drawn is None:
            self._drawn = state
            if self._folder is not None:
                self._folder.keep_drawn(self._secret.name, state)
        if self._drawn != state:
            self.begin(silent)
            return False
        return True

    def begin(self, silent: Sequence[int] | None = None) -> None:
        """Take a new secret; what was made with another one is given up.

        Parameters
        ----------
        silent : sequence of int, optional
            As of `settle`; by default those of the secret of before.
        """
        if silent is None:
            silent = () if self._secret is None else self._secret.silent
        self._secret, self._drawn = RunSecret(self._seed, silent), None
        if self._folder is not None:
            self._folder.keep_secret(self._secret)

    def finish(self) -> None:
        """The run has ended well: nobody needs the secret any more."""
        self._secret = None
        if self._folder is not None:
            self._folder.drop_secret()

    def __repr__(self) -> str:
        return "<Hidden>"
