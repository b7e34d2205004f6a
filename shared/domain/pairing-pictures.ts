// The 64 pictures of pairing in their fixed order. The place in this list is what both screens agree on: never change
// the order or swap one for another; both ends would show different pictures for the same code.

const ids = [
  ...['dog', 'cat', 'lion', 'frog', 'pig', 'elephant', 'giraffe', 'penguin'],
  ...['owl', 'duck', 'turtle', 'snake', 'fish', 'octopus', 'butterfly', 'bee'],
  ...['snail', 'hedgehog', 'tree', 'cactus', 'sunflower', 'mushroom', 'apple', 'banana'],
  ...['grapes', 'strawberry', 'pineapple', 'carrot', 'cheese', 'egg', 'ice-cream', 'cake'],
  ...['sun', 'moon', 'star', 'cloud', 'rainbow', 'fire', 'snowman', 'house'],
  ...['car', 'bicycle', 'train', 'sailboat', 'rocket', 'plane', 'key', 'bell'],
  ...['umbrella', 'scissors', 'pencil', 'book', 'clock', 'lamp', 'guitar', 'drum'],
  ...['ball', 'balloon', 'gift', 'crown', 'top-hat', 'glasses', 'robot', 'heart'],
] as const;
export type PairingPictureId = (typeof ids)[number];

/** By the numbers of a `PairingCode`; the word under a picture is `pairing.pictures.<id>` of the catalogues. */
export const pairingPictures: readonly { readonly id: PairingPictureId }[] = ids.map((id) => ({ id }));
