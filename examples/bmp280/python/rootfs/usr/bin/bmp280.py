"""Prints once a second what a BMP280 measures. The bus is $LKIT_I2C_SENSORS, such as /dev/i2c-0."""
import array
import fcntl
import os
import struct
import time

ADDRESS, CALIBRATION, CONTROL, MEASUREMENT = 0x76, 0x88, 0xF4, 0xF7

# linux/i2c-dev.h and linux/i2c.h
I2C_SLAVE, I2C_SMBUS = 0x0703, 0x0720
WRITE, READ = 0, 1
BYTE_DATA, I2C_BLOCK_DATA = 2, 8


def smbus(bus, direction, register, size, data):
    """One SMBus transfer; `data` is the 34 bytes of union i2c_smbus_data."""
    address, _ = data.buffer_info()
    fcntl.ioctl(bus, I2C_SMBUS, struct.pack("BBIP", direction, register, size, address))
    return data


def read_block(bus, register, count):
    data = smbus(bus, READ, register, I2C_BLOCK_DATA, array.array("B", [count] + [0] * 33))
    return bytes(data[1 : count + 1])


def write_byte(bus, register, value):
    smbus(bus, WRITE, register, BYTE_DATA, array.array("B", [value] + [0] * 33))


def measure(bus):
    """Degrees Celsius and pascal: data sheet BST-BMP280-DS001, section 8.1."""
    t1, t2, t3, p1, *p = struct.unpack("<HhhH8h", read_block(bus, CALIBRATION, 24))
    p2, p3, p4, p5, p6, p7, p8, p9 = p
    raw = read_block(bus, MEASUREMENT, 6)
    raw_p = raw[0] << 12 | raw[1] << 4 | raw[2] >> 4
    raw_t = raw[3] << 12 | raw[4] << 4 | raw[5] >> 4

    fine = (raw_t / 16384 - t1 / 1024) * t2 + (raw_t / 131072 - t1 / 8192) ** 2 * t3
    t = fine / 2 - 64000
    offset = (t * t * p6 / 32768 + t * p5 * 2) / 4 + p4 * 65536
    sensitivity = (1 + (p3 * t * t / 524288 + p2 * t) / 524288 / 32768) * p1
    pressure = (1048576 - raw_p - offset / 4096) * 6250 / sensitivity
    pressure += (p9 * pressure * pressure / 2147483648 + pressure * p8 / 32768 + p7) / 16
    return fine / 5120, pressure


bus = os.open(os.environ.get("LKIT_I2C_SENSORS", "/dev/i2c-0"), os.O_RDWR)
fcntl.ioctl(bus, I2C_SLAVE, ADDRESS)
write_byte(bus, CONTROL, 0x57)
while True:
    celsius, pascal = measure(bus)
    print(f"temperature {celsius:.2f} °C, pressure {pascal:.0f} Pa")
    time.sleep(1)
