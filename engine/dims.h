#pragma once

// Dimension names, used in every [shape] comment and nowhere else defined. Arrays are row-major,
// outermost dimension first; a ragged array of several token runs is [R, D].
//
//   R  rows: tokens of a wave, packed         S  scored rows
//   D  width of the residual stream           L  layers
//   V  vocabulary                             F  feed-forward width
//   H  query heads        K  key/value heads  P  width of an attention head
//   M  Mamba heads        X  width of a Mamba head
//   N  state size         G  groups sharing B and C
//   E  Mamba inner width, M·X                 C  convolution channels, E + 2·G·N
//   W  convolution taps
