// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title ERC-5192: minimal soulbound tokens. Its ERC-165 id is 0xb45a3c0e.
interface IERC5192 {
    /// @notice The token is locked.
    event Locked(uint256 tokenId);
    /// @notice The token is unlocked.
    event Unlocked(uint256 tokenId);

    /// @notice Whether the token is locked; reverts for a token that nobody holds.
    function locked(uint256 tokenId) external view returns (bool);
}
