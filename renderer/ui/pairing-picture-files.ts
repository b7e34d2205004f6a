// The files of the 64 pictures of pairing (Twemoji, CC BY 4.0); nothing else of that package is bundled.

import topHat from '@twemoji/svg/1f3a9.svg';
import guitar from '@twemoji/svg/1f3b8.svg';
import house from '@twemoji/svg/1f3e0.svg';
import lamp from '@twemoji/svg/1f4a1.svg';
import book from '@twemoji/svg/1f4d5.svg';
import bicycle from '@twemoji/svg/1f6b2.svg';
import cheese from '@twemoji/svg/1f9c0.svg';
import sunflower from '@twemoji/svg/1f33b.svg';
import banana from '@twemoji/svg/1f34c.svg';
import pineapple from '@twemoji/svg/1f34d.svg';
import apple from '@twemoji/svg/1f34e.svg';
import snail from '@twemoji/svg/1f40c.svg';
import snake from '@twemoji/svg/1f40d.svg';
import bee from '@twemoji/svg/1f41d.svg';
import fish from '@twemoji/svg/1f41f.svg';
import egg from '@twemoji/svg/1f95a.svg';
import butterfly from '@twemoji/svg/1f98b.svg';
import rainbow from '@twemoji/svg/1f308.svg';
import moon from '@twemoji/svg/1f319.svg';
import tree from '@twemoji/svg/1f333.svg';
import cactus from '@twemoji/svg/1f335.svg';
import mushroom from '@twemoji/svg/1f344.svg';
import grapes from '@twemoji/svg/1f347.svg';
import strawberry from '@twemoji/svg/1f353.svg';
import iceCream from '@twemoji/svg/1f366.svg';
import gift from '@twemoji/svg/1f381.svg';
import cake from '@twemoji/svg/1f382.svg';
import balloon from '@twemoji/svg/1f388.svg';
import elephant from '@twemoji/svg/1f418.svg';
import octopus from '@twemoji/svg/1f419.svg';
import turtle from '@twemoji/svg/1f422.svg';
import penguin from '@twemoji/svg/1f427.svg';
import cat from '@twemoji/svg/1f431.svg';
import dog from '@twemoji/svg/1f436.svg';
import pig from '@twemoji/svg/1f437.svg';
import frog from '@twemoji/svg/1f438.svg';
import crown from '@twemoji/svg/1f451.svg';
import glasses from '@twemoji/svg/1f453.svg';
import key from '@twemoji/svg/1f511.svg';
import bell from '@twemoji/svg/1f514.svg';
import fire from '@twemoji/svg/1f525.svg';
import rocket from '@twemoji/svg/1f680.svg';
import train from '@twemoji/svg/1f682.svg';
import car from '@twemoji/svg/1f697.svg';
import robot from '@twemoji/svg/1f916.svg';
import drum from '@twemoji/svg/1f941.svg';
import carrot from '@twemoji/svg/1f955.svg';
import lion from '@twemoji/svg/1f981.svg';
import duck from '@twemoji/svg/1f986.svg';
import owl from '@twemoji/svg/1f989.svg';
import giraffe from '@twemoji/svg/1f992.svg';
import hedgehog from '@twemoji/svg/1f994.svg';
import star from '@twemoji/svg/2b50.svg';
import clock from '@twemoji/svg/23f0.svg';
import ball from '@twemoji/svg/26bd.svg';
import snowman from '@twemoji/svg/26c4.svg';
import sailboat from '@twemoji/svg/26f5.svg';
import pencil from '@twemoji/svg/270f.svg';
import sun from '@twemoji/svg/2600.svg';
import cloud from '@twemoji/svg/2601.svg';
import umbrella from '@twemoji/svg/2602.svg';
import scissors from '@twemoji/svg/2702.svg';
import plane from '@twemoji/svg/2708.svg';
import heart from '@twemoji/svg/2764.svg';
import type { PairingPictureId } from '../../shared/domain/pairing-pictures.ts';

/** Addresses of the pictures in the built app. */
export const pairingPictureFiles: Readonly<Record<PairingPictureId, string>> = {
  dog,
  cat,
  lion,
  frog,
  pig,
  elephant,
  giraffe,
  penguin,
  owl,
  duck,
  turtle,
  snake,
  fish,
  octopus,
  butterfly,
  bee,
  snail,
  hedgehog,
  tree,
  cactus,
  sunflower,
  mushroom,
  apple,
  banana,
  grapes,
  strawberry,
  pineapple,
  carrot,
  cheese,
  egg,
  'ice-cream': iceCream,
  cake,
  sun,
  moon,
  star,
  cloud,
  rainbow,
  fire,
  snowman,
  house,
  car,
  bicycle,
  train,
  sailboat,
  rocket,
  plane,
  key,
  bell,
  umbrella,
  scissors,
  pencil,
  book,
  clock,
  lamp,
  guitar,
  drum,
  ball,
  balloon,
  gift,
  crown,
  'top-hat': topHat,
  glasses,
  robot,
  heart,
};
