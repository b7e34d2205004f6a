// A joining code as the fake main makes it and the fake camera shows it. Nobody takes it.
export const cameraToken = 'LP1-7QK2M-VX4TR-9HD3C-W8ZNA-5YJ6B-2FGEP-K4MTS-C7QXW-HN3VD-8RZ2A-6JYKB';
