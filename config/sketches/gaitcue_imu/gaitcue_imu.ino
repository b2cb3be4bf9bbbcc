// gaitcue_imu: a home-made IMU pod that gaitcue reads as kind = "arduino".
//
// Boards: Seeed XIAO nRF52840 Sense (LSM6DS3TR-C; library "Seeed Arduino LSM6DS3") and Arduino Nano 33 BLE
// Sense Rev2 (BMI270; library "Arduino_BMI270_BMM150", define NANO33 below).  Both with "ArduinoBLE".
// The XIAO is set to 16 g; the Nano's library is fixed at 4 g, which clips when the foot lands.
//
// A notification, little-endian:
//   u16 0xAA55, u16 number of the first sample, u32 us of the first sample, u8 samples,
//   then per sample 3 x i16 acceleration (1/2048 g) and 3 x i16 angular rate (1/16.384 deg/s).

// #define NANO33

#include <ArduinoBLE.h>
#ifdef NANO33
#include <Arduino_BMI270_BMM150.h>
const uint32_t INTERVAL_US = 10000;  // its library gives about 99 Hz
#else
#include <LSM6DS3.h>
#include <Wire.h>
LSM6DS3 imu(I2C_MODE, 0x6A);
const uint32_t INTERVAL_US = 1000000 / 208;
#endif

const int SAMPLES = 18;                    // 9 + 18 x 12 = 225 bytes: one packet of a 247-byte MTU
const int HEAD = 9, ROW = 12;

BLEService service("2166e661-e80a-4d77-811d-1e5f14aaf3f2");
BLECharacteristic stream("2166e662-e80a-4d77-811d-1e5f14aaf3f2", BLENotify, HEAD + SAMPLES * ROW);

uint8_t packet[HEAD + SAMPLES * ROW];
int filled = 0;
uint16_t number = 0;                       // of the next sample; it counts those that nobody heard, too
uint32_t due_us = 0;

void put16(uint8_t *at, int value) {
  at[0] = value & 0xFF;
  at[1] = (value >> 8) & 0xFF;
}

int16_t scaled(float value, float per_unit) {
  float x = value * per_unit;
  return x > 32767 ? 32767 : x < -32768 ? -32768 : (int16_t)lroundf(x);
}

bool read(float *acc_g, float *gyr_dps) {
#ifdef NANO33
  return IMU.readAcceleration(acc_g[0], acc_g[1], acc_g[2]) && IMU.readGyroscope(gyr_dps[0], gyr_dps[1], gyr_dps[2]);
#else
  acc_g[0] = imu.readFloatAccelX();
  acc_g[1] = imu.readFloatAccelY();
  acc_g[2] = imu.readFloatAccelZ();
  gyr_dps[0] = imu.readFloatGyroX();
  gyr_dps[1] = imu.readFloatGyroY();
  gyr_dps[2] = imu.readFloatGyroZ();
  return true;
#endif
}

void setup() {
#ifdef NANO33
  bool sound = IMU.begin();
#else
  imu.settings.accelRange = 16;
  imu.settings.accelSampleRate = 208;
  imu.settings.gyroRange = 2000;
  imu.settings.gyroSampleRate = 208;
  Wire.setClock(400000);
  bool sound = imu.begin() == 0;
#endif
  pinMode(LED_BUILTIN, OUTPUT);
  while (!sound || !BLE.begin()) {         // nothing works: blink
    digitalWrite(LED_BUILTIN, (millis() / 200) % 2);
  }
  BLE.setConnectionInterval(12, 24);       // 15 to 30 ms
  BLE.setLocalName("gaitcue IMU");
  BLE.setDeviceName("gaitcue IMU");
  BLE.setAdvertisedService(service);
  service.addCharacteristic(stream);
  BLE.addService(service);
  BLE.advertise();
  due_us = micros();
}

void loop() {
  BLE.poll();
  if ((int32_t)(micros() - due_us) < 0) return;
  due_us += INTERVAL_US;
  float acc_g[3], gyr_dps[3];
  uint32_t now_us = micros();
  if (!read(acc_g, gyr_dps)) return;
  if (filled == 0) {
    put16(packet, 0xAA55);
    put16(packet + 2, number);
    put16(packet + 4, now_us & 0xFFFF);
    put16(packet + 6, now_us >> 16);
  }
  uint8_t *row = packet + HEAD + filled * ROW;
  for (int k = 0; k < 3; k++) {
    put16(row + 2 * k, scaled(acc_g[k], 2048.0f));
    put16(row + 6 + 2 * k, scaled(gyr_dps[k], 16.384f));
  }
  number++;
  filled++;
  if (filled == SAMPLES) {
    packet[8] = filled;
    if (stream.subscribed()) stream.writeValue(packet, HEAD + filled * ROW);
    filled = 0;
  }
}
