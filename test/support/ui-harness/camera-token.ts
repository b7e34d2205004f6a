// A joining code as the fake main makes it and the fake camera shows it; as long as one with three addresses is.
export const cameraToken = [
  'LP1-N3HAY-VFZNM-BQ2F1-DAY2V-G2TVK-6NH5A-RJNC9-AP4NB-2ANH5-ARJNC-9AP4N-B2ANH-5ARJN-C9',
  'AP4-NB2AN-H40E8-JY9G6-3SH60-Q34C1-E60Q3-AEHM6-WRK0C-0XE1T-PRX1D-68R38-BKKCD-M7AV3-55',
  'SJQ-GRBDE-1P6AE-HM6WR-K0C0M-64WK4-BHH6R-W2WC9-Q70Q3-4CST6-GVK2C-1GPEP-1VW8',
].join('');
