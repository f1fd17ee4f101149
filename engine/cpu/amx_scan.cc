#include "engine/cpu/amx_scan.h"

#include <algorithm>
#include <cmath>

#include "engine/cpu/bfloat16.h"

namespace e2lm::cpu {
namespace {

// e^x, and zero where that is too little to be seen in any sum: further down, products of it are
// denormal numbers, which take a processor a hundred times as long.
template <class Floats>
E2LM_INLINE inline Floats decay_of(Floats x) {
  return where_above(-60.0F, x, exp(x));
}

}  // namespace

AmxScan::Chunk::Chunk(const AmxScan& scan)
    : b(AmxPairs::numbers(scan.size_, kScanChunk)),
      x(scan.heads_.count * AmxPairs::numbers(kScanChunk, scan.width_)),
      dt(scan.heads_.count * kScanChunk),
      sums(dt.size()) {}

AmxScan::AmxScan(Isa isa, const StateShape& shape, Heads heads)
    : isa_(isa),
      heads_(heads),
      width_(shape.mamba_width),
      size_(shape.state_size),
      channels_(shape.conv_channels()),
      all_heads_(shape.mamba_heads),
      states_(isa, size_, width_, heads.count),
      b_row_(states_.size()),
      c_(kScanChunk * states_.size()),
      products_(kScanChunk * kScanChunk),
      weights_(kScanChunk * kScanChunk),
      y_(kScanChunk * states_.width()),
      b_transposed_(states_.size() * kScanChunk),
      weighed_(AmxPairs::numbers(kScanChunk, width_)) {
  const int64_t group = heads.first / (shape.mamba_heads / shape.groups);
  b_column_ = shape.inner_width() + group * size_;
  c_column_ = b_column_ + shape.groups * size_;
}

AmxPairs AmxScan::b_pairs(Chunk& chunk) const {
  return {chunk.b.data(), states_.size()};
}

AmxPairs AmxScan::x_pairs(Chunk& chunk, int64_t head) const {
  return {chunk.x.data() + head * AmxPairs::numbers(kScanChunk, width_), kScanChunk};
}

void AmxScan::run(const Wave& wave, const ScanRows& rows, const Layer& layer) {
  const AmxScope scope;
  rows_ = rows;
  layer_ = layer;
  states_.begin_wave(wave.branch_stack);
  for (int32_t s = 0; s < std::ssize(wave.segments); ++s) {
    const Segment& segment = wave.segments[s];
    begin(wave, s);
    const bool next_continues =
        s + 1 < std::ssize(wave.segments) && wave.segments[s + 1].parent == s;
    const bool goes_on = next_continues || segment.branch >= 0 || segment.keep_state;
    for (int64_t done = 0; done < segment.rows;) {
      const int64_t position = segment.position + done, first = position % kScanChunk;
      const int64_t count =
          finite_rows(segment.first_row + done, std::min(kScanChunk - first, segment.rows - done));
      Chunk& chunk = chunk_at(position);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t r = segment.first_row + done + i;
        take_row(chunk, first + i, rows_.xbc.data + r * rows_.xbc.stride,
                 rows_.times + r * all_heads_ * 2);
      }
      end_rows(chunk, first, first + count);
      put_out(chunk, first, first + count, segment.first_row + done);
      done += count;
      if (first + count == kScanChunk && (done < segment.rows || goes_on)) advance(chunk);
    }
    if (segment.branch >= 0) states_.wait_at(segment.branch);
    if (segment.keep_state) keep_at(segment.keep, segment.position + segment.rows);
  }
}

// How many of `count` rows go together: a row whose x is not finite only begins a piece, because a
// row before it would take zero times that, which is not zero.
int64_t AmxScan::finite_rows(int64_t first_row, int64_t count) const {
  int64_t rows = count;
  dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t i = 1; i < rows; ++i) {
      const float* x = rows_.xbc.data + (first_row + i) * rows_.xbc.stride + x_column(0);
      if (!finite_rounded<Floats>(x, heads_.count * width_)) rows = i;
    }
  });
  return rows;
}

AmxScan::Chunk& AmxScan::chunk_at(int64_t position) {
  const int64_t place = position / kScanChunk - first_chunk_;
  while (std::ssize(chunks_) <= place) chunks_.emplace_back(*this);
  return chunks_[place];
}

// What there is before the first row of segment `s`.
void AmxScan::begin(const Wave& wave, int32_t s) {
  const Segment& segment = wave.segments[s];
  if (segment.parent < 0) first_chunk_ = segment.position / kScanChunk;
  if (segment.source >= 0) {
    load_kept(segment.source, segment.position);
  } else if (segment.parent < 0) {
    states_.return_to_zero();
  } else if (segment.parent != s - 1) {
    states_.return_to(wave.segments[segment.parent].branch);
  }
}

void AmxScan::load_kept(int32_t slot, int64_t position) {
  const int64_t rows = position % kScanChunk;
  Chunk& chunk = chunk_at(position);
  for (int64_t i = 0; i < rows; ++i) {
    const float* row = layer_.kept->recent(slot, layer_.number, i);
    take_row(chunk, i, row, row + channels_);
  }
  if (rows > 0) end_rows(chunk, 0, rows);
  states_.return_to_zero();
  if (position < kScanChunk) return;
  AmxStates::State& state = *states_.step().after;
  for (int64_t head = 0; head < heads_.count; ++head) {
    const float* from = layer_.kept->scan(slot, layer_.number) + x_column(head) * size_;
    float* to = state.values.data() + states_.at(head);
    std::fill_n(to, states_.at(1), 0.0F);  // what another path left beside N and X may be no number
    for (int64_t n = 0; n < size_; ++n) {
      std::copy_n(from + n * width_, width_, to + n * states_.width());
    }
  }
  states_.finish_step();
}

void AmxScan::keep_at(int32_t slot, int64_t position) {
  for (int64_t head = 0; head < heads_.count && !states_.is_zero(); ++head) {
    float* to = layer_.kept->scan(slot, layer_.number) + x_column(head) * size_;
    const float* from = states_.values(head);
    for (int64_t n = 0; n < size_; ++n) {
      std::copy_n(from + n * states_.width(), width_, to + n * width_);
    }
  }
  if (heads_.first > 0) return;  // rows are of all heads
  const Chunk& chunk = chunk_at(position);
  for (int64_t i = 0; i < position % kScanChunk; ++i) {
    float* to = layer_.kept->recent(slot, layer_.number, i);
    std::copy_n(chunk.times[i], 2 * all_heads_, std::copy_n(chunk.rows[i], channels_, to));
  }
}

void AmxScan::take_row(Chunk& chunk, int64_t i, const float* row, const float* times) {
  chunk.rows[i] = row;
  chunk.times[i] = times;
  dispatch(isa_, [&]<class Floats>(Floats)
                     E2LM_INLINE { round_row<Floats>(row + b_column_, size_, b_row_.data()); });
  const AmxPairs b = b_pairs(chunk);
  b.put_output(i, b_row_.data(), size_);
  for (int64_t head = 0; head < heads_.count; ++head) {
    const float* time = times + 2 * (heads_.first + head);
    float *dt = chunk.dt.data() + head * kScanChunk, *sums = chunk.sums.data() + head * kScanChunk;
    dt[i] = time[0];
    sums[i] = (i > 0 ? sums[i - 1] : 0.0F) + time[1];
  }
}

// Rows [first, end) are there, and none behind them: products read zeros.
void AmxScan::end_rows(Chunk& chunk, int64_t first, int64_t end) {
  std::fill(chunk.rows + end, chunk.rows + kScanChunk, nullptr);
  dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t head = 0; head < heads_.count; ++head) {
      for (int64_t pair = first / 2; pair < round_up(end, kAmxInputs) / 2; ++pair) {
        pair_rows<Floats>(chunk.rows, nullptr, x_column(head), width_, x_pairs(chunk, head), pair);
      }
    }
  });
}

// y of the chunk's rows [first, end), which are the wave's from first_row on.
void AmxScan::put_out(Chunk& chunk, int64_t first, int64_t end, int64_t first_row) {
  const int64_t count = end - first;
  dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t i = 0; i < count; ++i) {
      round_row<Floats>(chunk.rows[first + i] + c_column_, size_, c_.data() + i * states_.size());
    }
  });
  const AmxPairs b = b_pairs(chunk);
  AmxProduct{c_.data(), states_.size(), b, products_.data(), kScanChunk}.multiply(
      count, states_.size(), end);
  for (int64_t head = 0; head < heads_.count; ++head) {
    const AmxPairs x = x_pairs(chunk, head);
    fetch(head, count, first_row);
    if (!states_.is_zero()) {
      const AmxPairs s = states_.pairs(head);
      AmxProduct{c_.data(), states_.size(), s, y_.data(), states_.width()}.multiply(
          count, states_.size(), width_);
    }
    weigh(chunk, head, first, end);
    AmxProduct{weights_.data(), kScanChunk, x, y_.data(), states_.width(), !states_.is_zero()}
        .multiply(count, round_up(end, kAmxInputs), width_);
    put_head(chunk, head, first, count, first_row);
  }
}

// Where put_head will read and write is fetched while products are computed.
void AmxScan::fetch(int64_t head, int64_t count, int64_t first_row) const {
  if (!rows_.gate) return;
  const ScanGate& gate = *rows_.gate;
  for (int64_t r = first_row; r < first_row + count; ++r) {
    for (int64_t p = 0; p < width_; p += kLanes) {
      __builtin_prefetch(gate.z.data + r * gate.z.stride + x_column(head) + p);
    }
    for (int64_t p = 0; p < width_; p += 2 * kLanes) {
      const int64_t at = r * gate.out.stride + x_column(head) + p;
      __builtin_prefetch(gate.out.data + at * operand_bytes(gate.out.operand), 1);
    }
  }
}

// D·x is added to the y of a head, which goes where it is wanted.
void AmxScan::put_head(const Chunk& chunk, int64_t head, int64_t first, int64_t count,
                       int64_t first_row) {
  const float skip = layer_.skip[heads_.first + head];
  const ScanGate* gate = rows_.gate;
  dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t p = 0; p < width_; p += kLanes) {
        const int64_t r = first_row + i, column = x_column(head) + p;
        const int64_t lanes = std::min(kLanes, width_ - p);
        const Floats x = load<Floats>(chunk.rows[first + i] + column, lanes);
        const Floats y = load<Floats>(y_.data() + i * states_.width() + p) + x * skip;
        if (gate) {
          const Floats z = load<Floats>(gate->z.data + r * gate->z.stride + column, lanes);
          store_operands(gate->out, r, column, y * silu(z) * gate->scale, lanes);
        } else {
          store(rows_.out.data + r * rows_.out.stride + column, y, lanes);
        }
      }
    }
  });
}

// What rows [first, end) take of each row's x, and of what y_ has from the state.
void AmxScan::weigh(const Chunk& chunk, int64_t head, int64_t first, int64_t end) {
  const float* dt = chunk.dt.data() + head * kScanChunk;
  const float* sums = chunk.sums.data() + head * kScanChunk;
  dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
    float decays[kScanChunk];
    for (int64_t j = first / kLanes * kLanes; j < end && !states_.is_zero(); j += kLanes) {
      store(decays + j, decay_of(load<Floats>(sums + j)));
    }
    for (int64_t i = 0; i < end - first; ++i) {
      const int64_t at = first + i;
      const Floats sum = splat<Floats>(sums[at]);
      uint16_t* to = weights_.data() + i * kScanChunk;
      for (int64_t j = 0; j < round_up(end, kAmxInputs); j += kLanes) {
        Floats weight = {};
        if (j <= at) {
          weight = decay_of(sum - load<Floats>(sums + j)) * load<Floats>(dt + j) *
                   load<Floats>(products_.data() + i * kScanChunk + j);
          weight = first_lanes(weight, std::min(kLanes, at + 1 - j));
        }
        store_bfloat16(to + j, weight);
      }
      float* y = y_.data() + i * states_.width();
      for (int64_t p = 0; p < states_.width() && !states_.is_zero(); p += kLanes) {
        store(y + p, load<Floats>(y + p) * decays[at]);
      }
    }
  });
}

// The state before the next chunk, after a whole one.
void AmxScan::advance(Chunk& chunk) {
  const AmxPairs b = b_pairs(chunk);
  for (int64_t n = 0; n < states_.size(); n += 2) {
    for (int64_t j = 0; j < kScanChunk; j += kAmxRows) {
      const uint16_t* from = b.at(n, j);
      uint16_t *even = b_transposed_.data() + n * kScanChunk + j, *odd = even + kScanChunk;
      for (int64_t i = 0; i < kAmxRows; ++i) even[i] = from[2 * i], odd[i] = from[2 * i + 1];
    }
  }
  const AmxStates::Step step = states_.step();
  const int64_t numbers = states_.at(1);  // of a head
  for (int64_t head = 0; head < heads_.count; ++head) {
    const float* dt = chunk.dt.data() + head * kScanChunk;
    const float* sums = chunk.sums.data() + head * kScanChunk;
    const float all = sums[kScanChunk - 1];
    const AmxPairs weighed = {weighed_.data(), kScanChunk};
    float* values = step.after->values.data() + states_.at(head);
    dispatch(isa_, [&]<class Floats>(Floats) E2LM_INLINE {
      float factors[kScanChunk];
      for (int64_t j = 0; j < kScanChunk; j += kLanes) {
        store(factors + j,
              decay_of(splat<Floats>(all) - load<Floats>(sums + j)) * load<Floats>(dt + j));
      }
      for (int64_t pair = 0; pair < kScanChunk / 2; ++pair) {
        pair_rows<Floats>(chunk.rows, factors, x_column(head), width_, weighed, pair);
      }
      if (!step.before) return;
      const float* before = step.before->values.data() + states_.at(head);
      const Floats decay = decay_of(splat<Floats>(all));
      for (int64_t i = 0; i < numbers; i += kLanes) {
        store(values + i, load<Floats>(before + i) * decay);
      }
    });
    AmxProduct{b_transposed_.data(),  kScanChunk, weighed, values, states_.width(),
               step.before != nullptr}
        .multiply(states_.size(), kScanChunk, width_);
  }
  states_.finish_step();
}

}  // namespace e2lm::cpu
