// Empty: the target that has the precompiled headers of the tests wants a source (CMakeLists.txt).
