# SPDX-License-Identifier: MIT
"""Writes a ring as the sampler does (installer/watch/ring_cells.h), for tests that need weeks of samples."""

import math
import random
import struct

CELL, CELLS = 32, 65536
STARTING, SETTLED = 1, 2
DAY = 86400

TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def machine_hash(machine_id):
    text = machine_id.encode()
    return crc32c(text) << 32 | crc32c(text + b"v")


class Ring:
    """One service or several; times in seconds since 1970. samples: (time, uptime, boot, {service: figures})."""

    def __init__(self, machine_id, ring_id=7, interval=300):
        self.head = struct.pack("<8sIIQQII", b"VPSFRING", 1, CELLS, machine_hash(machine_id), 1, interval, ring_id)
        self.rows, self.cells, self.seq = [], [], 0
        self.ring_id = ring_id

    def index(self, service, image, workers, limit_mib):
        row = (service, image, workers, limit_mib * 1024)
        if row not in self.rows:
            self.rows.append(row)
        return self.rows.index(row)

    def add(self, time, services, uptime=None, boot=1, total_mib=4096, available_mib=2048, flags=0, unnamed=0):
        """services: [(index, {need, ws, start, kills, restarts, hits, pressure, flags})], sizes in MiB"""
        self.seq += 1
        body = struct.pack("<6I2H4x", total_mib << 10, available_mib << 10, 0, 0, 0, 0, 0, unnamed)
        for index, s in services:
            need = int(s.get("need", 0) * 1024)
            body += struct.pack("<5I6H", need, int(s.get("ws", s.get("need", 0)) * 1024), 0, int(s.get("start", 0) * 1024),
                                self.rows[index][3], s.get("kills", 0), s.get("restarts", 0), index, s.get("pressure", 0),
                                s.get("hits", 0), s.get("flags", SETTLED))
        head = struct.pack("<5IBB2H", 0x53765273, int(time), boot, self.seq, int(time - 1_700_000_000 if uptime is None else uptime),
                           len(services), flags, 0, 0)
        crc = crc32c(head.ljust(32, b"\0") + body)
        # The checksum stands in the head's last four bytes.
        self.cells.append(head.ljust(28, b"\0") + struct.pack("<I", crc) + body)

    def write(self, store):
        store.mkdir(parents=True, exist_ok=True)
        head = self.head + struct.pack("<I", crc32c(self.head))
        data = head.ljust(2 * CELL, b"\0") + b"".join(self.cells)
        assert len(data) <= CELL * CELLS
        (store / "ring").write_bytes(data.ljust(CELL * CELLS, b"\0"))
        lines = f"vpsfit-ring-services 1 {self.ring_id:08x}\n"
        for i, (service, image, workers, limit) in enumerate(self.rows):
            text = f"{i} {workers} {limit} {image or '-'} {service}"
            lines += f"{crc32c(text.encode()):08x} {text}\n"
        (store / "ring.services").write_text(lines)


def watched(ring, services, days, begin=1_795_392_000, interval=1800, seed=1, starts_every=3, kills=(), **more):
    """
    Days of a stack: {name: (usual MiB, highest MiB, image, workers, limit MiB)}. begin: a Monday. kills: (day, service, how
    many). more: for add(). Samples are half an hour apart, so that tests are quick.
    """
    r = random.Random(seed)
    indexes = {name: ring.index(name, s[2], s[3], s[4]) for name, s in services.items()}
    killed = {int(day * DAY / interval): (name, n) for day, name, n in kills}
    for i in range(int(days * DAY / interval)):
        time = begin + i * interval
        day = i * interval / DAY
        rows = []
        for name, (usual, highest, *_) in services.items():
            load = max(0, math.sin(day % 1 * 2 * math.pi)) ** 8
            one = {"need": usual + (highest - usual) * load * r.uniform(0.5, 1), "flags": SETTLED}
            if starts_every and day % starts_every < interval / DAY and i > 0:
                one |= {"flags": STARTING, "start": usual * 0.9}
            if killed.get(i, (None, 0))[0] == name:
                one["kills"] = killed[i][1]
            rows.append((indexes[name], one))
        ring.add(time, rows, **more)
