// Base32 after Crockford: bytes as text that people type, read out and print as QR code. Pure encoding.

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** No padding; the last character's spare bits are zero. */
export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((value >> bits) & 31);
    }
  }
  return bits === 0 ? text : text + alphabet.charAt((value << (5 - bits)) & 31);
}

/** Takes what `compacted` gives; O is 0, I and L are 1. null if it is no whole number of bytes or has other characters. */
export function fromBase32(text: string): Buffer | null {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text.replaceAll('O', '0').replace(/[IL]/g, '1')) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) return null;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
    }
  }
  return (value & ((1 << bits) - 1)) === 0 && bits < 5 ? Buffer.from(bytes) : null;
}

/** In upper case, without blanks, line breaks and hyphens: those do not matter when a person types. */
export const compacted = (text: string): string => text.toUpperCase().replace(/[\s-]/g, '');

/** Groups of five, joined by hyphens, are what people can copy by eye. */
export const inGroups = (digits: string): string => (digits.match(/.{1,5}/g) ?? []).join('-');
