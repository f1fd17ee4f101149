#include "engine/cpu/product.h"

#include <algorithm>
#include <cassert>

#include "base/parallel.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/float_product.h"
#include "engine/cpu/for_each_row.h"
#include "engine/cpu/simd.h"

namespace e2lm::cpu {
namespace {

// Rows that one piece of work passes over a panel: more reuse the panel's weights from the cache,
// fewer leave more pieces to share out. So as many as leave each thread some pieces, at most.
constexpr int64_t kMostPieceRows = 4 * kTileRows;
constexpr int64_t kPiecesOfThread = 4;

int64_t piece_rows(int threads, int64_t rows, int64_t panels) {
  if (threads == 1) return kMostPieceRows;
  int64_t piece = kMostPieceRows;
  const auto pieces = [&] { return (rows + piece - 1) / piece * panels; };
  while (piece > kTileRows && pieces() < kPiecesOfThread * threads) piece /= 2;
  return piece;
}

int64_t whole_tiles(int64_t rows) {
  return round_up(rows, kTileRows);
}

struct Piece {
  int64_t panel;
  int64_t next_panel;  // that the thread takes next, as far as one can know; -1 for none
  int64_t first;       // row
  int64_t rows;
};

// work(piece) for pieces that cover the product of the first `panels` panels.
template <class Work>
void for_each_piece(int threads, int64_t rows, int64_t panels, const Work& work) {
  const int64_t most = piece_rows(threads, rows, panels);
  const int64_t groups = (rows + most - 1) / most;
  parallel_for(threads, groups * panels, 1, [&](int64_t piece, int64_t) {
    const int64_t first = piece % groups * most, next = (piece + threads) / groups;
    work(Piece{piece / groups, next < panels ? next : -1, first, std::min(most, rows - first)});
  });
}

// Room of the calling thread, kept from piece to piece: what is in it stays in the cache. For one
// piece at a time.
float* piece_room(int64_t floats) {
  static thread_local std::vector<float> room;
  room.resize(std::max(std::ssize(room), floats));
  return room.data();
}

// Rows [first, first + rows) of x by a panel → out [whole tiles of rows, panel.outputs], dense;
// without scale and bias. AMX has the rest fetched meanwhile.
void multiply_panel(Isa isa, const PackedMatrix& matrix, const PackedMatrix::Panel& panel,
                    OperandRows x, int64_t first, int64_t rows, float* out,
                    AmxAhead* next_weights = nullptr, AmxAhead* places = nullptr) {
  const std::byte* from = x.data + first * x.row_bytes();
  if (panel.floats) {
    multiply_floats(isa, reinterpret_cast<const float*>(from), rows, matrix.inputs, panel.floats,
                    {.out = {out, panel.outputs, panel.outputs}});
  } else if (panel.product) {
    panel.product->run(from, whole_tiles(rows) / kTileRows, panel.weights, out);
  } else {
    const AmxScope scope;
    AmxProduct{.x = reinterpret_cast<const uint16_t*>(from),
               .x_stride = x.stride,
               .w = panel.pairs,
               .out = out,
               .out_stride = panel.outputs,
               .next_weights = next_weights,
               .places = places}
        .multiply(rows, matrix.inputs, panel.outputs);
  }
}

// The weights of a panel that is not the piece's own.
AmxAhead weights_of(const PackedMatrix& matrix, int64_t panel, const Piece& piece) {
  if (panel < 0 || panel == piece.panel || !matrix.panels[panel].pairs.data) return {};
  const PackedMatrix::Panel& next = matrix.panels[panel];
  constexpr int64_t kNumber = sizeof(uint16_t);
  return AmxAhead::to_read(next.pairs.data,
                           AmxPairs::numbers(matrix.inputs, next.outputs) * kNumber);
}

}  // namespace

void for_each_tile(int threads, Isa isa, int64_t rows, OperandRows x, const PackedMatrix& matrix,
                   const std::function<void(const ProductTile&)>& use) {
  const auto work = [&](const Piece& piece) {
    const PackedMatrix::Panel& panel = matrix.panels[piece.panel];
    AmxAhead next = weights_of(matrix, piece.next_panel, piece);
    float* acc = piece_room(kTileRows * panel.outputs);
    for (int64_t row = piece.first; row < piece.first + piece.rows; row += kTileRows) {
      const int64_t tile_rows = std::min(kTileRows, piece.first + piece.rows - row);
      multiply_panel(isa, matrix, panel, x, row, tile_rows, acc, &next);
      use({panel, piece.panel, row, tile_rows, acc});
    }
  };
  for_each_piece(threads, rows, std::ssize(matrix.panels), work);
}

std::unique_ptr<Matrix> CpuBackend::matrix(HostMatrix weights) {
  auto packed = std::make_unique<PackedMatrix>(weights, products_, threads_, isa_);
  weight_bytes_ += packed->bytes();
  widest_inputs_ = std::max(widest_inputs_, packed->inputs);
  widest_outputs_ = std::max(widest_outputs_, packed->outputs);
  return packed;
}

namespace {

// What happens to the outputs of a panel after the product, from `first` on.
struct Epilogue {
  const float* scale;  // null for 1
  const float* bias;   // null for 0

  Epilogue(const PackedMatrix& matrix, int64_t first)
      : scale(matrix.scale.empty() ? nullptr : matrix.scale.data() + first),
        bias(matrix.bias.empty() ? nullptr : matrix.bias.data() + first) {}

  // Of the outputs j and following.
  template <class Floats>
  E2LM_INLINE Floats apply(Floats value, int64_t j, int64_t count) const {
    if (scale) value = value * load<Floats>(scale + j, count);
    if (bias) value = value + load<Floats>(bias + j, count);
    return value;
  }
};

// out (+)= acc ⊙ scale + bias. acc is dense.
template <bool kAdd, class Floats>
E2LM_INLINE inline void finish_rows(const float* acc, int64_t rows, const Epilogue& epilogue,
                                    Rows out) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* from = acc + r * out.width;
    float* to = out.data + r * out.stride;
    for (int64_t j = 0; j < out.width; j += kLanes) {
      const int64_t count = std::min(kLanes, out.width - j);
      Floats value = epilogue.apply(load<Floats>(from + j, count), j, count);
      if (kAdd) value = value + load<Floats>(to + j, count);
      store(to + j, value, count);
    }
  }
}

template <bool kAdd>
void multiply(int threads, Isa isa, int64_t rows, OperandRows x, const Matrix& weights, Rows out) {
  const auto& matrix = static_cast<const PackedMatrix&>(weights);
  assert(x.stride == matrix.inputs);
  const auto work = [&](const Piece& piece) {
    const PackedMatrix::Panel& panel = matrix.panels[piece.panel];
    const Epilogue epilogue(matrix, panel.first);
    Rows to = out.columns(panel.first, panel.outputs);
    to.data += piece.first * to.stride;
    if (panel.floats) {
      const auto* from = reinterpret_cast<const float*>(x.data + piece.first * x.row_bytes());
      return multiply_floats(
          isa, from, piece.rows, matrix.inputs, panel.floats,
          {.out = to, .scale = epilogue.scale, .bias = epilogue.bias, .add = kAdd});
    }
    AmxAhead next = weights_of(matrix, piece.next_panel, piece);
    float* acc = piece_room(kTileRows * panel.outputs);
    for (int64_t row = 0; row < piece.rows; row += kTileRows) {  // sums stay in the cache
      const int64_t count = std::min(kTileRows, piece.rows - row);
      AmxAhead places = AmxAhead::to_write(to, count);
      multiply_panel(isa, matrix, panel, x, piece.first + row, count, acc, &next, &places);
      dispatch(isa, [&]<class Floats>(Floats)
                        E2LM_INLINE { finish_rows<kAdd, Floats>(acc, count, epilogue, to); });
      to.data += count * to.stride;
    }
  };
  for_each_piece(threads, rows, std::ssize(matrix.panels), work);
}

}  // namespace

OperandRows CpuBackend::operands(ProductRows rows) const {
  return {static_cast<std::byte*>(rows.data), rows.stride, rows.width, products_.operand()};
}

Rows CpuBackend::product(const Wave& wave, ProductRows x, const Matrix& weights, Rows out) {
  multiply<false>(threads_, isa_, wave.rows(), operands(x), weights, out);
  return out;
}

void CpuBackend::add_product(const Wave& wave, ProductRows x, const Matrix& weights, Rows hidden) {
  multiply<true>(threads_, isa_, wave.rows(), operands(x), weights, hidden);
}

// The panels of both halves of a piece are multiplied one after the other, each by all of its rows:
// one of them stays in the cache beside the sums, not always both.
void CpuBackend::gated_product(const Wave& wave, ProductRows x, const Matrix& gate_up, Rows,
                               ProductRows product_rows) {
  const auto& matrix = static_cast<const PackedMatrix&>(gate_up);
  const OperandRows from = operands(x), out = operands(product_rows);
  const int64_t half = std::ssize(matrix.panels) / 2;
  const auto work = [&](const Piece& piece) {
    const int64_t first = piece.first, rows = piece.rows, beside = half + piece.panel;
    const PackedMatrix::Panel &gate = matrix.panels[piece.panel], &up = matrix.panels[beside];
    assert(up.outputs == gate.outputs && up.first == gate.first + out.width);
    const int64_t width = gate.outputs, size = whole_tiles(rows) * width;
    float *gates = piece_room(2 * size), *ups = gates + size;
    AmxAhead to_up = weights_of(matrix, beside, piece);
    AmxAhead next = weights_of(matrix, piece.next_panel, piece);
    multiply_panel(isa_, matrix, gate, from, first, rows, gates, &to_up);
    multiply_panel(isa_, matrix, up, from, first, rows, ups, &next);
    const Epilogue of_gate(matrix, gate.first), of_up(matrix, up.first);
    dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t j = 0; j < width; j += kLanes) {
          const int64_t at = r * width + j, count = std::min(kLanes, width - j);
          const Floats g = of_gate.apply(load<Floats>(gates + at, count), j, count);
          const Floats u = of_up.apply(load<Floats>(ups + at, count), j, count);
          store_operands(out, first + r, gate.first + j, u * silu(g), count);
        }
      }
    });
  };
  for_each_piece(threads_, wave.rows(), half, work);
}

}  // namespace e2lm::cpu
