# A Modbus TCP server: registers as "ADDRESS VALUE" lines on standard input, "ready" on standard output when it listens.
import asyncio
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import ModbusTcpServer

HOLDING, INPUT = 3, 4


async def main(port, last):
    # A block's first register is number 1 on paper, and 0 over the wire.
    block = lambda: ModbusSequentialDataBlock(1, [0] * (last + 1))
    device = ModbusSlaveContext(hr=block(), ir=block())
    server = ModbusTcpServer(ModbusServerContext(slaves={1: device}, single=False), address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        address, *values = map(int, line.split())
        for table in (HOLDING, INPUT):
            device.setValues(table, address, values)
        print("set", flush=True)


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
