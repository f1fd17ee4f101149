#include "engine/cuda/product.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "engine/cuda/blas_library.h"

namespace e2lm::cuda {
namespace {

void check_library(cublasStatus_t status, const char* doing) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  if (status == CUBLAS_STATUS_ALLOC_FAILED) {
    throw OutOfDeviceMemory("cuBLASLt", doing, "a smaller --memory, or a card with more");
  }
  throw Error("cuBLASLt", fmt::format("{}: {}", doing, blas_library().status_string(status)));
}

// Destroys a descriptor of the library.
struct Destroy {
  void operator()(cublasLtMatmulDescOpaque_t* d) const { blas_library().product_destroy(d); }
  void operator()(cublasLtMatrixLayoutOpaque_t* d) const { blas_library().layout_destroy(d); }
  void operator()(cublasLtMatmulPreferenceOpaque_t* d) const {
    blas_library().preference_destroy(d);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Destroy>;

Owned<cublasLtMatrixLayoutOpaque_t> layout(cudaDataType type, int64_t rows, int64_t columns,
                                           int64_t stride) {
  cublasLtMatrixLayout_t made = nullptr;
  check_library(blas_library().layout_create(&made, type, rows, columns, stride),
                "describing a matrix");
  return Owned<cublasLtMatrixLayoutOpaque_t>(made);
}

// What decides about an algorithm; the number of rows does not.
struct Shape {
  int64_t inputs, outputs, x_stride, out_stride;
  Element element;
  auto operator<=>(const Shape&) const = default;
};

// The rows for which algorithms are chosen: about a full wave.
constexpr int64_t kTypicalRows = 8192;
constexpr int64_t kWorkspaceBytes = int64_t{32} << 20;

}  // namespace

// Our rows are the library's columns: out [rows, outputs] in row order is its [outputs, rows] in
// column order, computed as W·xᵀ with W read as transposed.
class Products::Library {
 public:
  explicit Library(Stream stream) : stream_(stream), workspace_(kWorkspaceBytes) {
    check_library(blas_library().create(&handle_), "starting the library");
    cublasLtMatmulDesc_t made = nullptr;
    check_library(blas_library().product_create(&made, CUBLAS_COMPUTE_32F, CUDA_R_32F),
                  "describing a product");
    product_.reset(made);
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check_library(blas_library().product_set(made, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                             sizeof(transposed)),
                  "describing a product");
  }
  ~Library() { blas_library().destroy(handle_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  void multiply(const Shape& shape, const void* weights, const void* x, int64_t rows, float alpha,
                float beta, float* out) {
    const Layouts at(shape, rows);
    check_library(blas_library().multiply(
                      handle_, product_.get(), &alpha, weights, at.weights.get(), x, at.x.get(),
                      &beta, out, at.out.get(), out, at.out.get(), &algorithm(shape),
                      workspace_.as<void>(), static_cast<size_t>(kWorkspaceBytes), stream_),
                  "multiplying");
  }

 private:
  struct Layouts {
    Layouts(const Shape& shape, int64_t rows)
        : weights(layout(type(shape), shape.inputs, shape.outputs, shape.inputs)),
          x(layout(type(shape), shape.inputs, rows, shape.x_stride)),
          out(layout(CUDA_R_32F, shape.outputs, rows, shape.out_stride)) {}
    static cudaDataType type(const Shape& shape) {
      return shape.element == Element::float32 ? CUDA_R_32F : CUDA_R_16BF;
    }
    Owned<cublasLtMatrixLayoutOpaque_t> weights, x, out;
  };

  const cublasLtMatmulAlgo_t& algorithm(const Shape& shape) {
    const auto known = algorithms_.find(shape);
    if (known != algorithms_.end()) return known->second;
    auto found = candidates(shape);
    std::erase_if(found, [](const auto& one) { return one.state != CUBLAS_STATUS_SUCCESS; });
    if (found.empty()) {
      throw Error("cuBLASLt", fmt::format("has no product for {} inputs and {} outputs",
                                          shape.inputs, shape.outputs));
    }
    const auto suits = [&](const cublasLtMatmulHeuristicResult_t& one) {
      return sums_whole(one.algo) && takes_any_rows(shape, one.algo);
    };
    const auto best = std::find_if(found.begin(), found.end(), suits);
    // Without one that is known to suit, the library's first choice: it says itself what it
    // refuses.
    const auto& chosen = best == found.end() ? found.front() : *best;
    return algorithms_.emplace(shape, chosen.algo).first->second;
  }

  // Best first.
  std::vector<cublasLtMatmulHeuristicResult_t> candidates(const Shape& shape) {
    constexpr int kAtMost = 16;
    cublasLtMatmulPreference_t made = nullptr;
    check_library(blas_library().preference_create(&made), "choosing an algorithm");
    const Owned<cublasLtMatmulPreferenceOpaque_t> preference(made);
    const uint32_t whole_sums = CUBLASLT_REDUCTION_SCHEME_NONE;
    check_library(blas_library().preference_set(made, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                                                &whole_sums, sizeof(whole_sums)),
                  "choosing an algorithm");
    const auto workspace = static_cast<size_t>(kWorkspaceBytes);
    check_library(blas_library().preference_set(made, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                &workspace, sizeof(workspace)),
                  "choosing an algorithm");
    const Layouts at(shape, kTypicalRows);
    std::vector<cublasLtMatmulHeuristicResult_t> found(kAtMost);
    int count = 0;
    check_library(
        blas_library().heuristic(handle_, product_.get(), at.weights.get(), at.x.get(),
                                 at.out.get(), at.out.get(), made, kAtMost, found.data(), &count),
        fmt::format("choosing an algorithm for {} inputs and {} outputs", shape.inputs,
                    shape.outputs)
            .c_str());
    found.resize(count);
    return found;
  }

  // What the preference asks for, looked at once more: scores hang on it.
  static bool sums_whole(const cublasLtMatmulAlgo_t& algorithm) {
    int32_t parts = 1;
    size_t written = 0;
    const auto status = blas_library().algorithm_get(&algorithm, CUBLASLT_ALGO_CONFIG_SPLITK_NUM,
                                                     &parts, sizeof(parts), &written);
    return status == CUBLAS_STATUS_SUCCESS && parts <= 1;
  }

  // The one chosen for a full wave must do for the last few rows, too.
  bool takes_any_rows(const Shape& shape, const cublasLtMatmulAlgo_t& algorithm) {
    for (const int64_t rows : {int64_t{1}, int64_t{65}, kTypicalRows}) {
      const Layouts at(shape, rows);
      cublasLtMatmulHeuristicResult_t checked = {};
      const auto status =
          blas_library().algorithm_check(handle_, product_.get(), at.weights.get(), at.x.get(),
                                         at.out.get(), at.out.get(), &algorithm, &checked);
      if (status != CUBLAS_STATUS_SUCCESS) return false;
      if (checked.workspaceSize > static_cast<size_t>(kWorkspaceBytes)) return false;
    }
    return true;
  }

  Stream stream_;
  cublasLtHandle_t handle_ = nullptr;
  Owned<cublasLtMatmulDescOpaque_t> product_;
  DeviceMemory workspace_;
  std::map<Shape, cublasLtMatmulAlgo_t> algorithms_;
};

Products::Products(Stream stream) : library_(std::make_unique<Library>(stream)) {}
Products::~Products() = default;

void Products::multiply(const DeviceMatrix& weights, Outputs outputs, OperandRows x, int32_t rows,
                        Into into, FloatRows out) {
  if (rows == 0 || outputs.count == 0) return;
  library_->multiply(
      {weights.inputs, outputs.count, x.stride, out.stride, x.element},
      weights.weights.as<char>() + outputs.first * weights.inputs * element_bytes(x.element),
      x.data, rows, weights.alpha, into == Into::sum ? 1.0F : 0.0F, out.data);
}

}  // namespace e2lm::cuda
