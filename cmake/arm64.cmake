# Cross building for arm64 with Debian's compiler. The libraries are in the folder that tests/vm/arm64_sysroot prints:
# -DTCPTRAIL_SYSROOT=FOLDER; the compiler's own are in /usr/aarch64-linux-gnu.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TCPTRAIL_SYSROOT)
set(CMAKE_FIND_ROOT_PATH ${TCPTRAIL_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER) # clang and bpftool run here
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(libraries ${TCPTRAIL_SYSROOT}/usr/lib/aarch64-linux-gnu)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${TCPTRAIL_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${libraries}/pkgconfig:${TCPTRAIL_SYSROOT}/usr/share/pkgconfig)
# Headers that differ by architecture.
set(CMAKE_CXX_FLAGS_INIT "-idirafter ${TCPTRAIL_SYSROOT}/usr/include/aarch64-linux-gnu")
# Where the libraries that our libraries need are.
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "-Wl,-rpath-link,${libraries}:${TCPTRAIL_SYSROOT}/lib/aarch64-linux-gnu")
