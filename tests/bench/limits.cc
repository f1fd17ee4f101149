#include "tests/bench/limits.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <unordered_map>

namespace e2lm {

double best_seconds(int repeats, const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < repeats; ++i) {
    const auto started = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
    best = std::min(best, seconds.count());
  }
  return best;
}

double product_rate(cpu::Operand operand) {
  using Format = dnnl::memory::format_tag;
  using Type = dnnl::memory::data_type;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const Type type = operand == cpu::Operand::bfloat16 ? Type::bf16 : Type::f32;
  const int64_t rows = 512, inputs = 1024, outputs = 4096;
  const dnnl::memory::desc x({rows, inputs}, type, Format::ab);
  const dnnl::memory::desc weights({inputs, outputs}, type, Format::any);
  const dnnl::memory::desc out({rows, outputs}, Type::f32, Format::ab);
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc description(engine, x, weights, out);
#else
  const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(x, weights, out), engine);
#endif
  const dnnl::matmul product(description);
  const std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, dnnl::memory(x, engine)},
      {DNNL_ARG_WEIGHTS, dnnl::memory(description.weights_desc(), engine)},
      {DNNL_ARG_DST, dnnl::memory(out, engine)}};
  for (const auto& [id, memory] : arguments) {
    std::memset(memory.get_data_handle(), 0, memory.get_desc().get_size());
  }
  dnnl::stream stream(engine);
  const double seconds = best_seconds(30, [&] {
    product.execute(stream, arguments);
    stream.wait();
  });
  static std::map<cpu::Operand, double> best;
  double& rate = best[operand];
  rate = std::max(rate, 2.0 * static_cast<double>(rows * inputs * outputs) / seconds);
  return rate;
}

double copy_rate() {
  const size_t bytes = size_t{256} << 20;
  std::vector<char> from(bytes, 1), to(bytes, 2);
  const double seconds = best_seconds(5, [&] { std::memcpy(to.data(), from.data(), bytes); });
  return 2.0 * static_cast<double>(bytes) / seconds;
}

}  // namespace e2lm
