#include "engine/cuda/product.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "engine/cuda/blas_library.h"
#include "engine/cuda/wave_plan.h"

namespace e2lm::cuda {
namespace {

void check_library(cublasStatus_t status, const char* doing) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  if (status == CUBLAS_STATUS_ALLOC_FAILED) {
    throw OutOfDeviceMemory("cuBLASLt", doing, "a smaller --memory, or a card with more");
  }
  fail("cuBLASLt", fmt::format("{}: {}", doing, blas_library().status_string(status)));
}

// Destroys the library's handle, or one of its descriptors.
struct Destroy {
  void operator()(cublasLtContext* h) const { blas_library().destroy(h); }
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

}  // namespace

// Our rows are the library's columns: out [rows, outputs] in row order is its [outputs, rows] in
// column order, computed as W·xᵀ with W read as transposed.
class Products::Library {
 public:
  explicit Library(Stream stream) : stream_(stream), workspace_(kWorkspaceBytes) {
    cublasLtHandle_t handle = nullptr;
    check_library(blas_library().create(&handle), "starting the library");
    handle_.reset(handle);
    cublasLtMatmulDesc_t made = nullptr;
    check_library(blas_library().product_create(&made, CUBLAS_COMPUTE_32F, CUDA_R_32F),
                  "describing a product");
    product_.reset(made);
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check_library(blas_library().product_set(made, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                             sizeof(transposed)),
                  "describing a product");
  }

  void multiply(const Shape& shape, const void* weights, const void* x, int64_t rows, float alpha,
                float beta, float* out) {
    const Layouts at(shape, rows);
    const auto status = blas_library().multiply(
        handle_.get(), product_.get(), &alpha, weights, at.weights.get(), x, at.x.get(), &beta, out,
        at.out.get(), out, at.out.get(), &algorithm(shape), workspace_.as<void>(),
        static_cast<size_t>(kWorkspaceBytes), stream_);
    if (status == CUBLAS_STATUS_SUCCESS) return;
    check_library(status, fmt::format("multiplying {} rows of {} inputs for {} outputs", rows,
                                      shape.inputs, shape.outputs)
                              .c_str());
  }

  std::vector<Choice> choices() const {
    std::vector<Choice> choices;
    for (const auto& [shape, algorithm] : algorithms_) {
      const auto part = [&algorithm = algorithm](cublasLtMatmulAlgoConfigAttributes_t what) {
        return read(algorithm, what, -1);
      };
      choices.push_back({.inputs = shape.inputs,
                         .outputs = shape.outputs,
                         .algorithm = part(CUBLASLT_ALGO_CONFIG_ID),
                         .tile = part(CUBLASLT_ALGO_CONFIG_TILE_ID),
                         .stages = part(CUBLASLT_ALGO_CONFIG_STAGES_ID),
                         .splits = part(CUBLASLT_ALGO_CONFIG_SPLITK_NUM),
                         .reduction = part(CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME)});
    }
    return choices;
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
    std::string refused;  // each, and why: the error may be all that is seen of a card
    const auto found = candidates(shape);
    for (const cublasLtMatmulHeuristicResult_t& one : found) {
      const std::string why = why_not(shape, one);
      if (why.empty()) return algorithms_.emplace(shape, one.algo).first->second;
      refused += fmt::format("{} number {}: {}", refused.empty() ? ":" : ",",
                             read(one.algo, CUBLASLT_ALGO_CONFIG_ID, -1), why);
    }
    const char* type = shape.element == Element::float32 ? "float32" : "bfloat16";
    throw Error(
        "cuBLASLt",
        fmt::format("none of its {} algorithms suits {} products of {} inputs and {} outputs{}",
                    found.size(), type, shape.inputs, shape.outputs, refused),
        fmt::format("one that splits no sum and takes 1 to {} rows, or --device cpu",
                    kMaxWaveRows));
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
        blas_library().heuristic(handle_.get(), product_.get(), at.weights.get(), at.x.get(),
                                 at.out.get(), at.out.get(), made, kAtMost, found.data(), &count),
        fmt::format("choosing an algorithm for {} inputs and {} outputs", shape.inputs,
                    shape.outputs)
            .c_str());
    found.resize(count);
    return found;
  }

  // A part of an algorithm's configuration, all of which that we read have four bytes; `unsaid`
  // where the library does not tell it.
  static int32_t read(const cublasLtMatmulAlgo_t& algorithm,
                      cublasLtMatmulAlgoConfigAttributes_t what, int32_t unsaid) {
    int32_t value = unsaid;
    size_t written = 0;
    const auto status =
        blas_library().algorithm_get(&algorithm, what, &value, sizeof(value), &written);
    return status == CUBLAS_STATUS_SUCCESS ? value : unsaid;
  }

  // Why an algorithm does not do, or nothing. What the preference asks for is looked at once more,
  // because scores hang on it; algorithms that cannot split need not have these parts. The one
  // chosen for a full wave must do for the last few rows, too.
  std::string why_not(const Shape& shape, const cublasLtMatmulHeuristicResult_t& one) {
    if (one.state != CUBLAS_STATUS_SUCCESS) return blas_library().status_string(one.state);
    constexpr int32_t kNoReduction = CUBLASLT_REDUCTION_SCHEME_NONE;
    const int32_t splits = read(one.algo, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, 1);
    const int32_t reduction = read(one.algo, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, kNoReduction);
    if ((splits != 0 && splits != 1) || reduction != kNoReduction) {
      return fmt::format("sums in {} parts, reduction {}", splits, reduction);
    }
    for (const int64_t rows : {int64_t{1}, int64_t{65}, kTypicalRows, kMaxWaveRows}) {
      const Layouts at(shape, rows);
      cublasLtMatmulHeuristicResult_t checked = {};
      auto status = blas_library().algorithm_check(handle_.get(), product_.get(), at.weights.get(),
                                                   at.x.get(), at.out.get(), at.out.get(),
                                                   &one.algo, &checked);
      if (status == CUBLAS_STATUS_SUCCESS) status = checked.state;
      if (status != CUBLAS_STATUS_SUCCESS) {
        return fmt::format("{} rows: {}", rows, blas_library().status_string(status));
      }
      if (checked.workspaceSize > static_cast<size_t>(kWorkspaceBytes)) {
        return fmt::format("{} rows: a workspace of {} bytes", rows, checked.workspaceSize);
      }
    }
    return {};
  }

  Stream stream_;
  Owned<cublasLtContext> handle_;
  Owned<cublasLtMatmulDescOpaque_t> product_;
  DeviceMemory workspace_;
  std::map<Shape, cublasLtMatmulAlgo_t> algorithms_;
};

void Products::find_library() {
  blas_library();
}

Products::Products(Stream stream) : library_(std::make_unique<Library>(stream)) {}
Products::~Products() = default;

std::vector<Products::Choice> Products::choices() const {
  return library_->choices();
}

void Products::multiply(const DeviceMatrix& weights, Outputs outputs, OperandRows x, int32_t rows,
                        Into into, FloatRows out) {
  if (rows == 0 || outputs.count == 0) return;
  library_->multiply(
      {weights.inputs, outputs.count, x.stride, out.stride, x.element},
      weights.weights.as<char>() + outputs.first * weights.inputs * element_bytes(x.element),
      x.data, rows, weights.alpha, into == Into::sum ? 1.0F : 0.0F, out.data);
}

}  // namespace e2lm::cuda
