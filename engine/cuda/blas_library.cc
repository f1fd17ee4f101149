#include "engine/cuda/blas_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.h"

namespace e2lm::cuda {
namespace {

void* open_library() {
  const std::string name = fmt::format("libcublasLt.so.{}", CUBLAS_VER_MAJOR);
  std::string why;
  for (const std::string& place : {name, E2LM_CUDA_LIBRARIES "/" + name}) {
    if (void* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    // The first place may lack only what the library needs itself: both reasons count.
    why += fmt::format("{}{}", why.empty() ? "" : "; ", ::dlerror());
  }
  throw Error("--device cuda", fmt::format("{} cannot be opened: {}", name, why),
              "cuBLAS of this version, as the CUDA toolkit brings it, or --device cpu");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (!function) throw Error("--device cuda", fmt::format("cuBLASLt has no function {}", name));
}

BlasLibrary load() {
  void* library = open_library();
  BlasLibrary functions = {};
  find(library, "cublasLtCreate", functions.create);
  find(library, "cublasLtDestroy", functions.destroy);
  find(library, "cublasLtGetStatusString", functions.status_string);
  find(library, "cublasLtMatmul", functions.multiply);
  find(library, "cublasLtMatmulAlgoGetHeuristic", functions.heuristic);
  find(library, "cublasLtMatmulAlgoCheck", functions.algorithm_check);
  find(library, "cublasLtMatmulAlgoConfigGetAttribute", functions.algorithm_get);
  find(library, "cublasLtMatmulDescCreate", functions.product_create);
  find(library, "cublasLtMatmulDescDestroy", functions.product_destroy);
  find(library, "cublasLtMatmulDescSetAttribute", functions.product_set);
  find(library, "cublasLtMatrixLayoutCreate", functions.layout_create);
  find(library, "cublasLtMatrixLayoutDestroy", functions.layout_destroy);
  find(library, "cublasLtMatmulPreferenceCreate", functions.preference_create);
  find(library, "cublasLtMatmulPreferenceDestroy", functions.preference_destroy);
  find(library, "cublasLtMatmulPreferenceSetAttribute", functions.preference_set);
  return functions;
}

}  // namespace

const BlasLibrary& blas_library() {
  static const BlasLibrary kFunctions = load();
  return kFunctions;
}

}  // namespace e2lm::cuda
