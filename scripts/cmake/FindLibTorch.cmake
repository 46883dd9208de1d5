# SPDX-License-Identifier: Apache-2.0
# LibTorch as the imported target LibTorch::torch (torch_cpu and c10; no CUDA toolkit is looked for).
#
# Looks in LIBTORCH (cache or environment variable: any folder with include/torch and lib/libtorch_cpu.so),
# then where scripts/setup.sh puts it. libtorch_cpu needs two small CUDA libraries, which lie in lib/ itself,
# or, in Python's layout, in nvidia/*/lib beside the torch folder.
if(NOT LIBTORCH AND DEFINED ENV{LIBTORCH})
  set(LIBTORCH "$ENV{LIBTORCH}")
endif()
set(LIBTORCH "${LIBTORCH}" CACHE PATH "LibTorch's folder")
set(_cache "$ENV{XDG_CACHE_HOME}")
if(NOT _cache)
  set(_cache "$ENV{HOME}/.cache")
endif()
set(_roots ${LIBTORCH})
if(NOT LIBTORCH)
  set(_roots "${_cache}/mx/libtorch-2.11.0")
endif()

foreach(_found INCLUDE_DIR CPU_LIBRARY C10_LIBRARY)  # LIBTORCH may have changed since the last run
  unset(LibTorch_${_found} CACHE)
endforeach()
find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h PATHS ${_roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS ${_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 PATHS ${_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "looked in ${_roots}: run scripts/setup.sh, set LIBTORCH, or leave it out with -DMX_TORCH=OFF")

if(LibTorch_FOUND AND NOT TARGET LibTorch::torch)
  get_filename_component(LibTorch_LIBRARY_DIR "${LibTorch_CPU_LIBRARY}" DIRECTORY)
  file(GLOB LibTorch_CUDA_DIRS "${LibTorch_LIBRARY_DIR}/../../nvidia/*/lib")
  foreach(name c10 torch_cpu)
    add_library(LibTorch::${name} SHARED IMPORTED)
  endforeach()
  set_target_properties(LibTorch::c10 PROPERTIES IMPORTED_LOCATION "${LibTorch_C10_LIBRARY}")
  set_target_properties(LibTorch::torch_cpu PROPERTIES IMPORTED_LOCATION "${LibTorch_CPU_LIBRARY}")
  # LibTorch brings headers of a newer {fmt}, which must not hide those of the library we link.
  find_path(MX_FMT_INCLUDE fmt/format.h REQUIRED)
  set(_ours "${CMAKE_CURRENT_BINARY_DIR}/before_libtorch")
  file(MAKE_DIRECTORY "${_ours}")
  file(CREATE_LINK "${MX_FMT_INCLUDE}/fmt" "${_ours}/fmt" SYMBOLIC)
  add_library(LibTorch::torch INTERFACE IMPORTED)
  target_include_directories(
    LibTorch::torch SYSTEM INTERFACE "${_ours}" "${LibTorch_INCLUDE_DIR}"
                                     "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  target_link_libraries(LibTorch::torch INTERFACE LibTorch::torch_cpu LibTorch::c10)
  foreach(directory ${LibTorch_LIBRARY_DIR} ${LibTorch_CUDA_DIRS})
    target_link_options(LibTorch::torch INTERFACE "LINKER:-rpath-link,${directory}")
  endforeach()
endif()
