"""A PostgreSQL that swallows everything: a door before its socket, which can be closed to all that is said.

Nobody is refused and no connection breaks; nothing comes back. So it looks when a database host hangs.
"""

import asyncio
import threading
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
CHUNK = 65_536


class Door:
    """Passes on what is said between a socket in `folder` and the one that PostgreSQL has, while it is `open`."""

    def __init__(self, folder: Path, postgres: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._postgres = folder, Path(postgres)
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._ready = threading.Event()
        threading.Thread(target=self._serve, name="door", daemon=True).start()
        assert self._ready.wait(10)

    def close(self) -> None:
        """From now on nothing gets through."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def open(self) -> None:
        """What was said meanwhile gets through now."""
        self._loop.call_soon_threadsafe(self._open.set)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_unix_server(self._let_in, self.folder / SOCKET))
        self._ready.set()
        self._loop.run_forever()

    async def _let_in(self, guest: asyncio.StreamReader, to_guest: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            host, to_host = await asyncio.open_unix_connection(next(self._postgres.glob(f"{SOCKET[:9]}[0-9]*[0-9]")))
        except (OSError, StopIteration):
            to_guest.close()
            return
        await asyncio.gather(self._pass_on(guest, to_host), self._pass_on(host, to_guest))

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while said := await source.read(CHUNK):
                await self._open.wait()
                target.write(said)
                await target.drain()
        except (ConnectionError, OSError):
            pass
        finally:
            target.close()
