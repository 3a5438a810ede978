/*
 * bmp280 [--alarm CELSIUS]: prints once a second what a BMP280 measures; with --alarm, twice a second only when the
 * temperature goes above a limit, or back below it. The bus is $LKIT_I2C_SENSORS, such as /dev/i2c-0.
 */
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum { address = 0x76, calibration = 0x88, identification = 0xd0, control = 0xf4, measurement = 0xf7 };

struct reading {
	double celsius;
	double pascal;
};

static int bus;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void read_block(uint8_t first, uint8_t *bytes, uint8_t count)
{
	union i2c_smbus_data data = { .block = { count } };
	struct i2c_smbus_ioctl_data request = { I2C_SMBUS_READ, first, I2C_SMBUS_I2C_BLOCK_DATA, &data };

	if (ioctl(bus, I2C_SMBUS, &request) < 0)
		fail("cannot read from the sensor");
	memcpy(bytes, data.block + 1, count);
}

static void write_byte(uint8_t reg, uint8_t value)
{
	union i2c_smbus_data data = { .byte = value };
	struct i2c_smbus_ioctl_data request = { I2C_SMBUS_WRITE, reg, I2C_SMBUS_BYTE_DATA, &data };

	if (ioctl(bus, I2C_SMBUS, &request) < 0)
		fail("cannot write to the sensor");
}

/* Calibration values T1 to T3, P1 to P9 (data sheet BST-BMP280-DS001, table 17); T1 and P1 have no sign. */
static int32_t calibrated(const uint8_t *bytes, int index)
{
	uint16_t word = bytes[2 * index] | bytes[2 * index + 1] << 8;

	return index == 0 || index == 3 ? word : (int16_t)word;
}

/* The formulas in double precision, section 8.1. */
static struct reading measure(void)
{
	uint8_t cal[24], raw[6];
	struct reading result;
	double t1, t2, fine, offset, sensitivity, p;

	read_block(calibration, cal, sizeof cal);
	read_block(measurement, raw, sizeof raw);
	int32_t raw_p = raw[0] << 12 | raw[1] << 4 | raw[2] >> 4;
	int32_t raw_t = raw[3] << 12 | raw[4] << 4 | raw[5] >> 4;
#define T(n) ((double)calibrated(cal, (n) - 1))
#define P(n) ((double)calibrated(cal, (n) + 2))

	t1 = (raw_t / 16384.0 - T(1) / 1024.0) * T(2);
	t2 = (raw_t / 131072.0 - T(1) / 8192.0) * (raw_t / 131072.0 - T(1) / 8192.0) * T(3);
	result.celsius = (t1 + t2) / 5120.0;

	fine = (t1 + t2) / 2.0 - 64000.0;
	offset = (fine * fine * P(6) / 32768.0 + fine * P(5) * 2.0) / 4.0 + P(4) * 65536.0;
	sensitivity = (1.0 + ((P(3) * fine * fine / 524288.0 + P(2) * fine) / 524288.0) / 32768.0) * P(1);
	p = (1048576.0 - raw_p - offset / 4096.0) * 6250.0 / sensitivity;
	result.pascal = p + (P(9) * p * p / 2147483648.0 + p * P(8) / 32768.0 + P(7)) / 16.0;
	return result;
}

static void print_for_ever(void)
{
	for (;;) {
		struct reading now = measure();

		printf("temperature %.2f °C, pressure %.0f Pa\n", now.celsius, now.pascal);
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	}
}

static void watch(double limit)
{
	int above = 0;

	printf("watching for more than %.1f °C\n", limit);
	for (;;) {
		double celsius = measure().celsius;

		if (!above && celsius > limit) {
			printf("ALARM: %.2f °C is more than %.1f °C\n", celsius, limit);
			above = 1;
		} else if (above && celsius < limit - 1) {
			printf("all clear: %.2f °C\n", celsius);
			above = 0;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 500000000 }, NULL);
	}
}

int main(int argc, char **argv)
{
	const char *device = getenv("LKIT_I2C_SENSORS");
	uint8_t id;

	setvbuf(stdout, NULL, _IOLBF, 0);
	bus = open(device ? device : "/dev/i2c-0", O_RDWR);
	if (bus < 0)
		fail(device ? device : "/dev/i2c-0");
	if (ioctl(bus, I2C_SLAVE, address) < 0)
		fail("cannot address the sensor");
	read_block(identification, &id, 1);
	if (id != 0x58) {
		fprintf(stderr, "no BMP280 at 0x%02x: its identification is 0x%02x\n", address, id);
		return 1;
	}
	/* Measure all the time, temperature twofold and pressure sixteenfold oversampled. */
	write_byte(control, 0x57);
	if (argc == 3 && strcmp(argv[1], "--alarm") == 0)
		watch(atof(argv[2]));
	else
		print_for_ever();
}
